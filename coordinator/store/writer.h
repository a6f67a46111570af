// Writes results.db, the record of a run, while the run goes on. One writer for one file, for as
// long as it lives: any other that wants to write is told that the file is in use; readers are let
// in.
//
//   ASSIGN_OR_RETURN(auto writer, store::Writer::Create(path, run));
//   ASSIGN_OR_RETURN(auto writer, store::Writer::Open(path));  // to resume
//
//   RETURN_IF_ERROR(writer->Append(trial));  // only now tell anyone of the trial
//
// Called by one thread at a time.
#ifndef COPYCOST_COORDINATOR_STORE_WRITER_H_
#define COPYCOST_COORDINATOR_STORE_WRITER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::store {

class Writer {
 public:
  // Makes the file and stores what was decided before the first trial. AlreadyExists when there is
  // such a file; it is not touched. Any other failure leaves no file behind.
  static absl::StatusOr<std::unique_ptr<Writer>> Create(const std::string& path,
                                                        const v1::RunRecord& run);
  // Goes on with the file of a run that was left. ResourceExhausted when another writer has it;
  // else the errors of store::Read, and PermissionDenied for a file that may not be written.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path);

  // Leaves results.db alone, without files beside it.
  ~Writer();

  // Once it returns OK the attempt survives the end of this process and of the host's power. After
  // a failure nothing of the attempt is in the file, what came before is, and the next Append may
  // be tried. AlreadyExists for an attempt that was stored before; ResourceExhausted for a full
  // disk, or a reader that would not let go for 10 s.
  absl::Status Append(const v1::TrialRecord& trial);

  // Stores what is new about the run: another session. As safe as Append.
  absl::Status Update(const v1::RunRecord& run);

 private:
  struct Connection;
  Writer(std::string path, v1::RunRecord run, std::unique_ptr<Connection> connection);
  template <typename Work>
  absl::Status Commit(Work work);

  const std::string path_;
  v1::RunRecord run_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace copycost::store

#endif  // COPYCOST_COORDINATOR_STORE_WRITER_H_
