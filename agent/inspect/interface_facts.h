// What an interface is and how it is set: driver and firmware, link, offloads, rings, queues,
// interrupts and queueing disciplines.
#ifndef COPYCOST_AGENT_INSPECT_INTERFACE_FACTS_H_
#define COPYCOST_AGENT_INSPECT_INTERFACE_FACTS_H_

#include <string>

#include "agent/inspect/facts.h"

namespace copycost {

// Of the calling thread's network namespace; names begin with the interface's. Some of it is in
// /sys, which may still show another namespace's devices: it is told only where it shows this one.
void AddInterfaceIdentity(const std::string& interface, Facts& facts);
void AddInterfaceSettings(const std::string& interface, Facts& facts);

}  // namespace copycost

#endif  // COPYCOST_AGENT_INSPECT_INTERFACE_FACTS_H_
