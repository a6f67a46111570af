// Included before everything under ThreadSanitizer. There protobuf's headers would give map fields
// two more members than Debian's uninstrumented libprotobuf knows of, and corrupt the heap.
#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
