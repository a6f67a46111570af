#include "coordinator/analysis/multiplicity.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace copycost::analysis {

std::vector<double> HolmLevels(const std::vector<double>& p, double level) {
  std::vector<size_t> by_p(p.size());
  std::iota(by_p.begin(), by_p.end(), size_t{0});
  std::stable_sort(by_p.begin(), by_p.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> levels(p.size());
  double here = 0;
  bool stopped = false;
  for (size_t rank = 0; rank < by_p.size(); ++rank) {
    if (!stopped) here = level / static_cast<double>(p.size() - rank);
    stopped = stopped || p[by_p[rank]] > here;
    levels[by_p[rank]] = here;
  }
  return levels;
}

std::vector<double> BenjaminiHochbergLevels(const std::vector<double>& p, double level) {
  std::vector<double> sorted = p;
  std::sort(sorted.begin(), sorted.end());
  const auto level_of = [&](size_t k) {
    return static_cast<double>(k) * level / static_cast<double>(p.size());
  };
  size_t k = sorted.size();
  while (k > 1 && sorted[k - 1] > level_of(k)) --k;
  return std::vector<double>(p.size(), p.empty() ? level : level_of(k));
}

}  // namespace copycost::analysis
