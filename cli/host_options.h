// Options that say where programs are to run: --btf and --platform.
//
//   add_host_options(*command, options->host);
//   const auto host = find_host(options->host, input->object);
#pragma once

#include <CLI/CLI.hpp>
#include <expected>
#include <string>

#include "cli/verification.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::cli {

struct HostOptions {
  std::string btf;
  std::string platform;
};
void add_host_options(CLI::App& command, HostOptions& options);

// What they say of the programs of an object, whose CO-RE relocations are applied. Errors: files
// that cannot be read, platforms that are not there.
std::expected<Host, object::Error> find_host(const HostOptions& options, object::Object& object);

// The worse of two exit codes: bad input, a rejection, a spent budget.
int worse(int a, int b);

}  // namespace zext::cli
