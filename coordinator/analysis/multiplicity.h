// At which levels a family of claims may be decided so that many claims are not wrong more often
// than one. A claim's p is the smallest level at which it can be decided (DecisiveLevel); it is
// decided if p is at most the level told for it here.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_MULTIPLICITY_H_
#define COPYCOST_COORDINATOR_ANALYSIS_MULTIPLICITY_H_

#include <vector>

namespace copycost::analysis {

// That any claim of the family is decided of which nothing could be has a probability of at most
// `level`, however claims depend on each other (S. Holm, A simple sequentially rejective multiple
// test procedure, 1979). That decisions name the right side as well is proven for claims that do
// not (J. P. Shaffer, Control of directional errors with stagewise multiple test procedures, 1980).
// From the smallest p on: level / m, level / (m - 1), ... to the first p that is larger; those from
// there on share its level.
std::vector<double> HolmLevels(const std::vector<double>& p, double level);

// Of the decisions of the family a share of at most `level` is wrong, in expectation, and so are
// the intervals of what was decided (Y. Benjamini and Y. Hochberg, Controlling the false discovery
// rate, 1995; Y. Benjamini and D. Yekutieli, False discovery rate-adjusted multiple confidence
// intervals, 2005). One level for all: k level / m, with the largest k for which the k-th smallest
// p is at most that; level / m where there is none. For claims that do not depend on each other, or
// positively.
std::vector<double> BenjaminiHochbergLevels(const std::vector<double>& p, double level);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_MULTIPLICITY_H_
