#include "core/os/lock_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace tidemark {
namespace {

TEST(LockFile, IsHeldByOneAndNamesIt) {
  const std::string path =
      testing::TempDir() + "lock_" + std::to_string(::getpid());
  {
    auto held = LockFile::take(path);
    ASSERT_TRUE(held) << held.error().what;
    // Two descriptions of one file exclude one another, also in one process.
    const auto second = LockFile::take(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::full);
    EXPECT_NE(second.error().what.find(std::to_string(::getpid())),
              std::string::npos);
  }
  EXPECT_TRUE(LockFile::take(path));
  ::unlink(path.c_str());
}

TEST(LockFile, AFolderThatIsNotThereIsAnError) {
  const auto lock = LockFile::take("/nonexistent/lock");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace tidemark
