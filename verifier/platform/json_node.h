// JsonNode: a value of a JSON file with its path, read with checks. Hosted.
//
//   JsonNode field = root.object("context")...
//   field.only({"name", "offset"});                 // anything else is an error
//   field.number("offset", {.low = 0, .high = 65535})
//
// The first thing that is wrong is kept (JsonErrors); reading goes on with harmless values, so that
// readers need no checks of their own.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/error.h"

namespace zext::verifier {

struct JsonErrors {
  std::string file;
  std::optional<object::Error> first;
};

struct JsonRange {
  int64_t low = 0;
  int64_t high = 0;
};

// A word of the file and what it stands for.
template <typename T>
using JsonWord = std::pair<std::string_view, T>;

class JsonNode {
 public:
  JsonNode(const nlohmann::json* value, std::string path, JsonErrors* errors);

  const std::string& path() const { return path_; }
  bool is_string() const { return value_->is_string(); }
  bool is_number() const { return value_->is_number(); }
  bool has(std::string_view key) const;

  // An error here, unless there was one before.
  void fail(std::string what, std::string hint) const;

  // It is an object and has no other keys.
  void only(std::initializer_list<std::string_view> keys) const;
  // What the object has by this key; a node of null, where it lacks it.
  JsonNode at(std::string_view key) const;

  // What this is, checked.
  std::string text() const;
  int64_t number(JsonRange range) const;
  std::vector<JsonNode> items(size_t most) const;
  template <typename T, size_t N>
  T word(const JsonWord<T> (&words)[N]) const;

  // By key; the key must be there, unless there is something to fall back to.
  std::string text(std::string_view key) const;
  int64_t number(std::string_view key, JsonRange range) const;
  int64_t number(std::string_view key, JsonRange range, int64_t otherwise) const;
  bool flag(std::string_view key, bool otherwise = false) const;
  std::vector<JsonNode> items(std::string_view key, size_t most) const;

 private:
  JsonNode required(std::string_view key) const;
  void fail_word(const std::string& text, std::vector<std::string_view> words) const;

  const nlohmann::json* value_;
  std::string path_;
  JsonErrors* errors_;
};

template <typename T, size_t N>
T JsonNode::word(const JsonWord<T> (&words)[N]) const {
  const std::string given = text();
  std::vector<std::string_view> names;
  for (const auto& [name, meaning] : words) {
    if (name == given) return meaning;
    names.push_back(name);
  }
  fail_word(given, std::move(names));
  return words[0].second;
}

}  // namespace zext::verifier
