#include "coordinator/cli/output.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

TEST(ResultStreamTest, EachLineIsOnItsWayAtOnce) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const File out(::fdopen(fds[1], "w"));
  ASSERT_OK(ResultStream(out.get()).Write("line\n"));
  char text[16];
  EXPECT_EQ(::read(fds[0], text, sizeof(text)), 5);
  ::close(fds[0]);
}

TEST(ResultStreamTest, AReaderThatIsGoneIsNoticedAtTheNextLine) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const File out(::fdopen(fds[1], "w"));
  ::close(fds[0]);
  EXPECT_THAT(ResultStream(out.get()).Write("line\n"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("stdout: Broken pipe")));
  ::signal(SIGPIPE, before);
}

TEST(ResultStreamTest, AFullDiskIsNoticedAndNothingIsWrittenAfter) {
  const File out(std::fopen("/dev/full", "w"));
  ASSERT_NE(out, nullptr);
  ResultStream results(out.get());
  const absl::Status first = results.Write("line\n");
  EXPECT_THAT(first, StatusIs(absl::StatusCode::kInternal, HasSubstr("No space left")));
  EXPECT_EQ(results.Write(""), first);
}

}  // namespace
}  // namespace copycost
