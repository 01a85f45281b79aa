#!/usr/bin/env bash
# Makes a workspace beside nobody, names zext as a local repository, and builds with its rules.
set -euo pipefail
zext=$(dirname "$(readlink -f WORKSPACE)")
user=$TEST_TMPDIR/user
mkdir -p "$user"
cd "$user"

cat > WORKSPACE <<END
workspace(name = "user")
local_repository(name = "zext", path = "$zext")
load("@zext//bazel:dependencies.bzl", "zext_dependencies")
zext_dependencies()
END
echo 4 > .bazelversion
cat > BUILD <<'END'
load("@zext//bazel:bpf.bzl", "bpf_object")
load("@zext//bazel:rv64.bzl", "rv64_binary")
load("@zext//bazel:verilator.bzl", "verilator_library")

bpf_object(name = "pass", src = "pass.c")
rv64_binary(name = "bare", srcs = ["bare.c"])
verilator_library(name = "counter", srcs = ["counter.sv"], top = "counter")
END
cat > pass.c <<'END'
__attribute__((section("xdp"), used)) int pass(void *context) { return 2; }
char _license[] __attribute__((section("license"))) = "Apache-2.0";
END
echo 'int main(void) { return 0; }' > bare.c
cat > counter.sv <<'END'
module counter (input logic clk_i, output logic [7:0] count_o);
  always_ff @(posedge clk_i) count_o <= count_o + 8'd1;
endmodule
END

# As Bazel's user would: no flags of ours but the language's version.
output=$TEST_TMPDIR/output
trap 'bazel --output_base="$output" shutdown >/dev/null 2>&1 || true' EXIT
bazel --output_base="$output" build --cxxopt=-std=c++23 --jobs=2 --nosandbox_debug --noshow_progress --color=no \
  //:pass //:bare //:counter
file_of() { find "bazel-bin/" -name "$1" | head -n 1; }
[[ -s $(file_of pass.bpf.o) ]]
[[ -s $(file_of bare) || -s $(file_of bare.elf) ]]
echo "a user's workspace builds with bpf_object, rv64_binary and verilator_library"
