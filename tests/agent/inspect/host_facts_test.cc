#include "agent/inspect/host_facts.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

// A host that is what files say.
class HostFactsTest : public ::testing::Test {
 protected:
  HostFactsTest() {
    char name[] = "/tmp/host-facts-test.XXXXXX";
    root_ = ::mkdtemp(name);
  }
  ~HostFactsTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, absl::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }

  std::map<std::string, std::string> Told(void (*add)(const std::string& root, Facts& facts)) {
    Facts facts;
    add(root_, facts);
    std::map<std::string, std::string> told;
    for (const v1::Fact& fact : facts) told[fact.name()] = fact.value();
    return told;
  }

  std::string root_;
};

TEST_F(HostFactsTest, AHostThatTellsNothingHasNoFacts) {
  EXPECT_THAT(Told(AddHostIdentity), IsEmpty());
  EXPECT_THAT(Told(AddHostSettings), IsEmpty());
  EXPECT_THAT(Told(AddHostReadings), IsEmpty());
}

TEST_F(HostFactsTest, IdentityIsWhatOnlyARebootChanges) {
  Write("/proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x2b000590\n\nprocessor\t: 1\n");
  Write("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.85-1\n");
  Write("/proc/cmdline", "root=UUID=1234 password=x isolcpus=2-3 quiet mitigations=off\n");
  Write("/sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n");
  Write("/sys/class/dmi/id/product_name", "ThinkSystem -[7X06]-\n");
  std::filesystem::create_directories(root_ + "/sys/class/iommu/dmar0");
  const auto told = Told(AddHostIdentity);
  EXPECT_THAT(told, Contains(Pair("microcode", "0x2b000590")));
  EXPECT_THAT(told, Contains(Pair("kernel build", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.85-1")));
  EXPECT_THAT(told, Contains(Pair("kernel parameters", "isolcpus=2-3 mitigations=off")));
  EXPECT_THAT(told, Contains(Pair("mitigation meltdown", "Mitigation: PTI")));
  EXPECT_THAT(told, Contains(Pair("product", "ThinkSystem -[7X06]-")));
  EXPECT_THAT(told, Contains(Pair("IOMMU", "dmar0")));
  EXPECT_THAT(told, Not(Contains(Key("CPU part"))));
}

TEST_F(HostFactsTest, AnArmProcessorHasNumbers) {
  Write("/proc/cpuinfo",
        "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
        "CPU revision\t: 1\n");
  EXPECT_THAT(Told(AddHostIdentity),
              Contains(Pair("CPU part", "0x41 0xd0c variant 0x3 revision 1")));
}

TEST_F(HostFactsTest, SettingsAreWhatSomebodyMayChange) {
  Write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  Write("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
  Write("/sys/devices/system/cpu/cpufreq/boost", "1\n");
  Write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  Write("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
  const auto told = Told(AddHostSettings);
  EXPECT_THAT(told, Contains(Pair("frequency governor", "performance (1), powersave (1)")));
  EXPECT_THAT(told, Contains(Pair("frequency boost", "1")));
  EXPECT_THAT(told, Contains(Pair("transparent huge pages", "madvise")));
  EXPECT_THAT(told, Contains(Pair("net.ipv4.tcp_rmem", "4096 131072 6291456")));
}

TEST_F(HostFactsTest, FrequenciesAndThrottlingsAreOfAllCpus) {
  for (const auto& [cpu, khz] :
       std::map<int, int>{{0, 1'200'000}, {1, 3'600'000}, {2, 2'400'000}}) {
    const std::string directory = absl::StrCat("/sys/devices/system/cpu/cpu", cpu);
    Write(directory + "/cpufreq/scaling_cur_freq", absl::StrCat(khz, "\n"));
    Write(directory + "/thermal_throttle/core_throttle_count", "2\n");
    Write(directory + "/thermal_throttle/package_throttle_count", "1\n");
  }
  Write("/proc/meminfo", "MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable: 50 kB\n");
  const auto told = Told(AddHostReadings);
  EXPECT_THAT(told, Contains(Pair("frequency", "1200 to 3600 MHz, median 2400")));
  EXPECT_THAT(told, Contains(Pair("throttlings", "9")));
  EXPECT_THAT(told, Contains(Pair("MemAvailable", "50 kB")));
}

// Some take long to tell.
TEST_F(HostFactsTest, OfManyCpusSomeAreAskedForTheirFrequency) {
  for (int cpu = 0; cpu < 64; ++cpu) {
    Write(absl::StrCat("/sys/devices/system/cpu/cpu", cpu, "/cpufreq/scaling_cur_freq"),
          absl::StrCat(1'000'000 + cpu * 1000));
  }
  const std::string told = Told(AddHostReadings)["frequency"];
  EXPECT_THAT(told, ::testing::HasSubstr(", median "));
  EXPECT_THAT(told, ::testing::MatchesRegex("10[0-9]* to 10[0-9]* MHz, median 10[0-9]*"));
}

TEST_F(HostFactsTest, WithoutAFrequencyDriverCpuinfoTells) {
  Write("/proc/cpuinfo", "cpu MHz\t\t: 2100.000\n\ncpu MHz\t\t: 2100.123\n");
  EXPECT_THAT(Told(AddHostReadings), Contains(Pair("frequency", "2100 to 2100 MHz, median 2100")));
}

TEST(ChosenOfTest, IsInBrackets) {
  EXPECT_EQ(ChosenOf("[always] madvise never"), "always");
  EXPECT_EQ(ChosenOf("none"), "none");
  EXPECT_EQ(ChosenOf("] odd ["), "] odd [");
}

// Beside what is not to be told to anybody.
TEST(TellingParametersTest, OnlyWhatBearsOnMeasurements) {
  EXPECT_EQ(TellingParameters("BOOT_IMAGE=/vmlinuz root=/dev/sda1 nosmt token=secret tsc=reliable"),
            "nosmt tsc=reliable");
  EXPECT_EQ(TellingParameters("isolcpusx=1"), "");
}

}  // namespace
}  // namespace copycost
