#include "coordinator/experiment/load.h"

#include <fcntl.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/status.h"
#include "coordinator/experiment/presets.h"

namespace copycost {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

constexpr size_t kMaxFileBytes = size_t{1} << 20;

// Lines and columns come from the parser counted from 0.
std::string Position(absl::string_view path, int line, int column) {
  return absl::StrCat(path, ":", line + 1, ":", column + 1, ": ");
}

// Keeps the first error: those that follow are mostly its consequences.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(absl::string_view path) : path_(path) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!message_) message_ = absl::StrCat(Position(path_, line, column), message);
  }
  absl::Status status() const { return absl::InvalidArgumentError(message_.value_or("")); }

 private:
  absl::string_view path_;
  std::optional<std::string> message_;
};

// A list in brackets has one location however many values it holds. Where locations and values do
// not pair up, all values are told to stand where the field begins first.
std::vector<std::string> PlacesOf(const FieldDescriptor& field, int values,
                                  const TextFormat::ParseInfoTree& tree, absl::string_view path) {
  std::vector<std::string> places;
  const int first = field.is_repeated() ? 0 : -1;
  for (int i = 0; i < values; ++i) {
    const TextFormat::ParseLocation at = tree.GetLocation(&field, first + i);
    if (at.line < 0) break;
    places.push_back(absl::StrCat(Position(path, at.line, at.column), field.name()));
  }
  const bool one_more = field.is_repeated() && tree.GetLocation(&field, values).line >= 0;
  if (places.size() != static_cast<size_t>(values) || one_more) places.resize(1);
  return places;
}

void AddPlaces(const Message& message, const TextFormat::ParseInfoTree& tree,
               absl::string_view path, LoadedExperiment& loaded) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.message_type() != nullptr) continue;
    const int values =
        field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) : 1;
    const bool present = tree.GetLocation(&field, field.is_repeated() ? 0 : -1).line >= 0;
    if (values > 0 && present) {
      loaded.places[field.name()] = PlacesOf(field, values, tree, path);
    }
  }
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text(kMaxFileBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(absl::StrCat("read ", path));
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  if (size > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": over 1 MiB, too large for an experiment"));
  }
  text.resize(size);
  return text;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // A pipe or a terminal would be waited for.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(absl::StrCat("open ", path));
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is no regular file"));
  }
  return ReadAll(fd.get(), path);
}

bool IsFileName(absl::string_view name) {
  return absl::StrContains(name, '/') || absl::EndsWith(name, ".textproto");
}

}  // namespace

bool LoadedExperiment::Named(absl::string_view field) const {
  return places.find(std::string(field)) != places.end();
}

std::string LoadedExperiment::PlaceOf(absl::string_view field, size_t index) const {
  const auto found = places.find(std::string(field));
  if (found == places.end()) return std::string(field);
  const std::vector<std::string>& of_field = found->second;
  return of_field[std::min(index, of_field.size() - 1)];
}

void LoadedExperiment::SetAxis(const AxisField& axis, absl::Span<const std::string> lists,
                               std::string place) {
  SetAxisValues(axis, lists, *experiment.mutable_matrix());
  places[axis.name] = {std::move(place)};
}

absl::StatusOr<LoadedExperiment> ParseExperiment(absl::string_view text, absl::string_view path) {
  FirstError error(path);
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&tree);
  LoadedExperiment loaded;
  if (!parser.ParseFromString(std::string(text), &loaded.experiment)) return error.status();

  AddPlaces(loaded.experiment, tree, path, loaded);
  const FieldDescriptor* matrix =
      v1::Experiment::descriptor()->FindFieldByNumber(v1::Experiment::kMatrixFieldNumber);
  if (const auto* nested = tree.GetTreeForNested(matrix, -1)) {
    AddPlaces(loaded.experiment.matrix(), *nested, path, loaded);
  }
  return loaded;
}

absl::StatusOr<LoadedExperiment> LoadExperimentFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  return ParseExperiment(*text, path);
}

absl::StatusOr<LoadedExperiment> LoadExperiment(absl::string_view name) {
  if (IsFileName(name)) return LoadExperimentFile(std::string(name));
  LoadedExperiment loaded;
  ASSIGN_OR_RETURN(loaded.experiment, PresetExperiment(name));
  return loaded;
}

std::string ExperimentText(const v1::Experiment& experiment) {
  std::string text;
  TextFormat::PrintToString(experiment, &text);
  return text;
}

}  // namespace copycost
