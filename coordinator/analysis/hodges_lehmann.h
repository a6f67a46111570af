// Where paired differences lie: how much B differs from A when each block ran both once. Here the
// differences are log ratios, whose estimate and bounds become ratios again by exp.
//
//   std::vector<double> log_ratios = ...;                       // log(B / A) of each block
//   ASSIGN_OR_RETURN(double estimate, HodgesLehmann(log_ratios));
//   ASSIGN_OR_RETURN(Interval interval, HodgesLehmannInterval(log_ratios, 0.05));
//
// Assumes that the differences are independent and symmetric about their centre, which differences
// within randomised blocks are when A and B do not differ in shape. Nothing is assumed of the
// tails. Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., 3.2 and 3.3.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_HODGES_LEHMANN_H_
#define COPYCOST_COORDINATOR_ANALYSIS_HODGES_LEHMANN_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/analysis/order_statistics.h"

namespace copycost::analysis {

// The median of the Walsh averages (x_i + x_j) / 2, i <= j. InvalidArgument without values, or for
// one that is not finite (the logarithm of a ratio to nothing).
absl::StatusOr<double> HodgesLehmann(const std::vector<double>& values);

// The interval of centres that the exact two-sided signed-rank test does not reject at `level`: it
// covers the centre with probability >= 1 - level. From the k-th smallest to the k-th largest Walsh
// average, with the largest k for which 2 P(T < k) <= level; T is the signed-rank statistic of n
// values without ties, of more than 50 of them by the normal distribution. With ties, zeros among
// them, the interval covers no less.
//
// FailedPrecondition "need >= 6" where n values cannot attain the level: not even the extremes
// cover the centre so often. InvalidArgument for a level outside of (0, 1), and as above. Takes
// time proportional to n, but for the cube of the first 50.
absl::StatusOr<Interval> HodgesLehmannInterval(const std::vector<double>& values, double level);

// The smallest level at which that interval lies wholly inside of `band`, wholly above it or wholly
// below: how sure it is on which side of the band's limits the centre is. At any larger level it
// does so as well, since intervals are nested. 1 where at none. Errors as of HodgesLehmann.
absl::StatusOr<double> DecisiveLevel(const std::vector<double>& values, const Interval& band);

// The smallest n that attains the level: 2 P(T = 0) = 2^(1 - n) <= level. For a level in (0, 1).
size_t LeastPairs(double level);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_HODGES_LEHMANN_H_
