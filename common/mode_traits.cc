#include "common/mode_traits.h"

#include <google/protobuf/descriptor.h>

#include "copycost/v1/words.pb.h"

namespace copycost {
namespace {

// False for values that this build does not know.
template <typename Option>
bool Says(const google::protobuf::EnumDescriptor& type, int number, const Option& option) {
  const google::protobuf::EnumValueDescriptor* value = type.FindValueByNumber(number);
  return value != nullptr && value->options().GetExtension(option);
}

}  // namespace

bool Stages(v1::SendMode mode) { return Says(*v1::SendMode_descriptor(), mode, v1::stages); }

bool PinsBuffers(v1::SendMode mode) {
  return Says(*v1::SendMode_descriptor(), mode, v1::pins_buffers);
}

bool LendsPages(v1::SendMode mode) {
  return Says(*v1::SendMode_descriptor(), mode, v1::lends_pages);
}

bool RegistersBuffers(v1::SendMode mode) {
  return Says(*v1::SendMode_descriptor(), mode, v1::registers_buffers);
}

bool DeliversNothing(v1::ReceiveMode mode) {
  return Says(*v1::ReceiveMode_descriptor(), mode, v1::delivers_nothing);
}

bool FillsFields(v1::ReceiveMode mode) {
  return Says(*v1::ReceiveMode_descriptor(), mode, v1::fills_fields);
}

bool MapsPages(v1::ReceiveMode mode) {
  return Says(*v1::ReceiveMode_descriptor(), mode, v1::maps_pages);
}

bool HasBuffers(v1::ReceiveMode mode) { return !DeliversNothing(mode) && !MapsPages(mode); }

bool Exchanges(v1::Pattern pattern) {
  return Says(*v1::Pattern_descriptor(), pattern, v1::exchanges);
}

bool HasRate(v1::Pattern pattern) { return Says(*v1::Pattern_descriptor(), pattern, v1::has_rate); }

bool IsDatagrams(v1::Transport transport) {
  return Says(*v1::Transport_descriptor(), transport, v1::datagrams);
}

bool IsLocal(v1::Transport transport) {
  return Says(*v1::Transport_descriptor(), transport, v1::local);
}

}  // namespace copycost
