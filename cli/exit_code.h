// What the `zext` command's exit status says; the same for every subcommand, and documented in
// `zext --help` and docs/cli.md.
#pragma once

namespace zext::cli {

enum ExitCode : int {
  kAccepted = 0,       // every program was accepted, compiled, or ran as it should
  kRejected = 1,       // a program was rejected, faulted, or two machines diverged
  kBadInput = 2,       // a file, an option or bytecode that cannot be understood
  kResourceLimit = 3,  // a budget (steps, time, memory) ended the work before a verdict
  kInternal = 70,      // a bug of zext's
};

}  // namespace zext::cli
