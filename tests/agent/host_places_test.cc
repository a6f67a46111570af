#include "agent/host_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <tuple>
#include <vector>

#include "agent/host_info.h"

namespace copycost {
namespace {

using ::testing::IsEmpty;

// hwloc's own way to be told of a host that is not this one.
class PlayedHost {
 public:
  explicit PlayedHost(const char* description) { ::setenv("HWLOC_SYNTHETIC", description, 1); }
  ~PlayedHost() { ::unsetenv("HWLOC_SYNTHETIC"); }
};

TEST(HostPlacesTest, CpusAreToldByCoreCacheAndNode) {
  const PlayedHost host("numa:2 l3:2(size=6000000) core:2 pu:2");  // 16 CPUs
  const std::vector<uint32_t> cpus = {0, 1, 2, 4, 8};
  const HostPlaces places = FindHostPlaces(cpus);
  ASSERT_EQ(places.cpus.size(), 5u);
  for (size_t i = 0; i < cpus.size(); ++i) EXPECT_EQ(places.cpus[i].cpu(), cpus[i]);
  const auto& [first, sibling, core_mate, cache_mate, far] =
      std::tie(places.cpus[0], places.cpus[1], places.cpus[2], places.cpus[3], places.cpus[4]);
  EXPECT_EQ(first.core(), sibling.core());
  EXPECT_NE(first.core(), core_mate.core());
  EXPECT_EQ(first.last_level_cache(), core_mate.last_level_cache());
  EXPECT_NE(first.last_level_cache(), cache_mate.last_level_cache());
  EXPECT_EQ(first.numa_node(), cache_mate.numa_node());
  EXPECT_NE(first.numa_node(), far.numa_node());
  EXPECT_EQ(places.last_level_cache_bytes, 6'000'000u);
}

TEST(HostPlacesTest, WhatTheHostDoesNotTellIsAbsent) {
  const PlayedHost host("pu:2");
  const std::vector<uint32_t> cpus = {0, 7};  // of which the second does not exist
  const HostPlaces places = FindHostPlaces(cpus);
  ASSERT_EQ(places.cpus.size(), 2u);
  EXPECT_FALSE(places.cpus[0].has_core());
  EXPECT_FALSE(places.cpus[0].has_last_level_cache());
  EXPECT_TRUE(places.cpus[0].has_numa_node());
  EXPECT_EQ(places.last_level_cache_bytes, 0u);
  EXPECT_EQ(places.cpus[1].cpu(), 7u);
  EXPECT_FALSE(places.cpus[1].has_numa_node());
}

TEST(HostPlacesTest, EveryCpuOfThisHostHasAnEntry) {
  EXPECT_EQ(FindHostPlaces(AllowedCpus()).cpus.size(), AllowedCpus().size());
}

TEST(HostPlacesTest, InterfacesAreFoundByTheHardwareAddressOfTheirDevice) {
  const auto places =
      PlacesOfInterfaces({{.hardware_address = "00:00:00:00:00:00", .numa_node = 3}});
  ASSERT_EQ(places.size(), 1u);  // lo has this address
  EXPECT_EQ(places[0].name(), "lo");
  EXPECT_EQ(places[0].numa_node(), 3u);
  EXPECT_THAT(places[0].addresses(), ::testing::Contains("127.0.0.1"));
  EXPECT_THAT(PlacesOfInterfaces({{.hardware_address = "00:00:00:00:00:00", .numa_node = 3},
                                  {.hardware_address = "00:00:00:00:00:00", .numa_node = 1}}),
              IsEmpty());  // a bond of two nodes
  EXPECT_THAT(PlacesOfInterfaces({{.hardware_address = "02:00:00:00:00:01", .numa_node = 0}}),
              IsEmpty());
}

}  // namespace
}  // namespace copycost
