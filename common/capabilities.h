// What this process may do.
#ifndef COPYCOST_COMMON_CAPABILITIES_H_
#define COPYCOST_COMMON_CAPABILITIES_H_

namespace copycost {

// Whether the calling thread's effective set has CAP_... (linux/capability.h), in its own user
// namespace.
bool HasCapability(int capability);

// Whether the process is in the initial user namespace, where capabilities are the host's own.
bool InInitialUserNamespace();

}  // namespace copycost

#endif  // COPYCOST_COMMON_CAPABILITIES_H_
