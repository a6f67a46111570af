# Debian 12's packages. Protobuf in MODULE mode first: gRPC's config then finds its targets.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(NL_ROUTE REQUIRED IMPORTED_TARGET libnl-route-3.0)

if(NOT COPYCOST_AGENT_ONLY)
  find_package(SQLiteCpp CONFIG REQUIRED)
  find_package(SQLite3 REQUIRED)
  find_package(Boost 1.74 REQUIRED)
endif()
if(COPYCOST_TESTS AND NOT COPYCOST_AGENT_ONLY)
  find_package(GTest CONFIG REQUIRED)
endif()
