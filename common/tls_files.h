// The files of mutual TLS, as flags name them. What they must hold: common/rpc/credentials.h.
#ifndef COPYCOST_COMMON_TLS_FILES_H_
#define COPYCOST_COMMON_TLS_FILES_H_

#include <string>

namespace copycost {

// PEM files, by path.
struct TlsFiles {
  std::string ca;
  std::string certificate;
  std::string key;

  bool any() const { return !ca.empty() || !certificate.empty() || !key.empty(); }
};

}  // namespace copycost

#endif  // COPYCOST_COMMON_TLS_FILES_H_
