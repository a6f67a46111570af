// Boost.Math reports errors by errno and NaN, never by exceptions.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_ERRNO_POLICY_H_
#define COPYCOST_COORDINATOR_ANALYSIS_ERRNO_POLICY_H_

#include <boost/math/policies/policy.hpp>

namespace copycost::analysis {

using ErrnoPolicy = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::errno_on_error>,
    boost::math::policies::pole_error<boost::math::policies::errno_on_error>,
    boost::math::policies::overflow_error<boost::math::policies::errno_on_error>,
    boost::math::policies::evaluation_error<boost::math::policies::errno_on_error>>;

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_ERRNO_POLICY_H_
