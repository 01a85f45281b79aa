// Clients that keep to no protocol: the daemon lives on, and serves the others.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "kernel_shim/hosts/daemon/control.h"

namespace zext::shim::daemon {
namespace {

class Hostile : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::string(getenv("TEST_TMPDIR")) + "/shim";
    setenv(kDirectoryVariable, folder.c_str(), 1);
    ASSERT_EQ(system("cli/zext shim --builtin --daemon --detach"), 0);
  }
  static void TearDownTestSuite() { EXPECT_EQ(system("cli/zext shim --stop"), 0); }

  // A connection on which nothing was said yet.
  static File raw() {
    const File directory(open(folder.c_str(), O_PATH | O_CLOEXEC));
    File socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/%s", directory.get(),
             kSocketName);
    if (connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) socket.reset();
    return socket;
  }
  static void expect_service() {
    auto control = Control::connect(folder);
    ASSERT_TRUE(control);
    const auto answer = control->ask({.op = Op::kStatus});
    ASSERT_TRUE(answer);
    EXPECT_NE(answer->text().find("\"pid\""), std::string::npos);
  }
  // bpf(2) by the protocol, the attribute with the message.
  static std::optional<Answer> bpf(Control& control, int command, const bpf_attr& attr) {
    Request request{.op = Op::kBpf, .number = command};
    request.arguments[0] = reinterpret_cast<uint64_t>(&attr);
    request.arguments[1] = sizeof attr;
    std::vector<uint8_t> bytes(sizeof attr);
    memcpy(bytes.data(), &attr, sizeof attr);
    return control.ask(request, bytes);
  }
  static bpf_attr array_of_four() {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = 4;
    attr.value_size = 8;
    attr.max_entries = 4;
    return attr;
  }

  static std::string folder;
};
std::string Hostile::folder;

TEST_F(Hostile, Garbage) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    const File socket = raw();
    ASSERT_TRUE(socket);
    std::vector<uint8_t> bytes(random() % 400);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  expect_service();
}

TEST_F(Hostile, EveryOperationWithRandomArguments) {
  std::mt19937_64 random(2);
  auto control = Control::connect(folder);
  ASSERT_TRUE(control);
  for (int i = 0; i < 5000; ++i) {
    Request request;
    // All but stop.
    request.op = static_cast<Op>(random() % static_cast<uint32_t>(Op::kStop));
    request.number = static_cast<int32_t>(random() % 64);
    for (uint64_t& argument : request.arguments) {
      argument = random() >> (random() % 64);
    }
    if (request.op == Op::kHello) request.arguments[0] = random() % 3;
    std::vector<uint8_t> payload(random() % 300);
    for (uint8_t& byte : payload) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : 0);
    if (!control->ask(request, payload)) {
      control = Control::connect(folder);
      ASSERT_TRUE(control);
    }
  }
  expect_service();
}

TEST_F(Hostile, MessagesOfWrongSizes) {
  for (const size_t size : {size_t{0}, size_t{1}, sizeof(Request) - 1,
                            sizeof(Request) + kMaxPayload + 1, sizeof(Request) + kMaxPayload * 2}) {
    const File socket = raw();
    const std::vector<uint8_t> bytes(size);
    send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    shutdown(socket.get(), SHUT_WR);
    Reply reply;
    EXPECT_LE(recv(socket.get(), &reply, sizeof reply, 0), 0) << size;
  }
  expect_service();
}

TEST_F(Hostile, ClosingBeforeTheAnswer) {
  for (int i = 0; i < 200; ++i) {
    const File socket = raw();
    Request request{.op = Op::kBpf, .number = BPF_MAP_CREATE};
    const bpf_attr attr = array_of_four();
    request.arguments[0] = reinterpret_cast<uint64_t>(&attr);
    request.arguments[1] = sizeof attr;
    send(socket.get(), &request, sizeof request, MSG_NOSIGNAL);
  }
  // Maps whose descriptor nobody took.
  auto control = Control::connect(folder);
  int maps = 1;
  for (int i = 0; i < 100 && maps != 0; ++i) {
    usleep(20'000);
    const std::string text = control->ask({.op = Op::kStatus})->text();
    maps = atoi(text.c_str() + text.find("\"maps\": ") + 8);
  }
  EXPECT_EQ(maps, 0);
}

TEST_F(Hostile, ThousandsOfConnections) {
  std::vector<File> sockets;
  for (int i = 0; i < 6000; ++i) {
    File socket = raw();
    if (!socket) break;
    sockets.push_back(std::move(socket));
  }
  EXPECT_GT(sockets.size(), 100U);
  sockets.clear();
  for (int i = 0; i < 100 && !Control::connect(folder); ++i) usleep(50'000);
  expect_service();
}

// A number names what the caller holds, whatever others hold by it.
TEST_F(Hostile, DescriptorsOfOthers) {
  auto control = Control::connect(folder);
  const auto made = bpf(*control, BPF_MAP_CREATE, array_of_four());
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->descriptor);
  const int number = made->descriptor.get();
  const pid_t child = fork();
  if (child == 0) {
    close(number);
    auto own = Control::connect(folder);
    bpf_attr attr{};
    uint32_t key = 0;
    uint64_t value = 0;
    attr.map_fd = static_cast<uint32_t>(number);
    attr.key = reinterpret_cast<uint64_t>(&key);
    attr.value = reinterpret_cast<uint64_t>(&value);
    const auto answer = bpf(*own, BPF_MAP_LOOKUP_ELEM, attr);
    // Claiming to be the parent does not help.
    Request hello;
    hello.arguments[0] = kProtocolVersion;
    hello.arguments[1] = static_cast<uint64_t>(getppid());
    const auto claim = own->ask(hello);
    _exit(answer && answer->reply.result == -EBADF && claim && claim->reply.result == -ESRCH ? 0
                                                                                             : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// The placeholder cannot be written, or opened anew for more than its number gives.
TEST_F(Hostile, PlaceholdersAreSealed) {
  auto control = Control::connect(folder);
  const auto made = bpf(*control, BPF_MAP_CREATE, array_of_four());
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->descriptor);
  EXPECT_LT(write(made->descriptor.get(), "x", 1), 0);
  EXPECT_NE(ftruncate(made->descriptor.get(), 4096), 0);
}

TEST_F(Hostile, ManyClientsAtOnce) {
  constexpr int kThreads = 8;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      auto control = Control::connect(folder);
      for (int j = 0; control && j < 200; ++j) {
        const auto made = bpf(*control, BPF_MAP_CREATE, array_of_four());
        ASSERT_TRUE(made);
        ASSERT_TRUE(made->descriptor) << made->reply.result;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect_service();
}

}  // namespace
}  // namespace zext::shim::daemon
