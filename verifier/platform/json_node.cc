#include "verifier/platform/json_node.h"

#include <algorithm>

namespace zext::verifier {
namespace {

const nlohmann::json kNull;

std::string list(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string shown(const nlohmann::json& value) {
  constexpr size_t kMost = 60;
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

}  // namespace

JsonNode::JsonNode(const nlohmann::json* value, std::string path, JsonErrors* errors)
    : value_(value), path_(std::move(path)), errors_(errors) {}

bool JsonNode::has(std::string_view key) const {
  return value_->is_object() && value_->contains(key);
}

void JsonNode::fail(std::string what, std::string hint) const {
  if (errors_->first) return;
  const std::string where = path_.empty() ? errors_->file : errors_->file + ", " + path_;
  errors_->first = object::Error{.where = where, .what = std::move(what), .hint = std::move(hint)};
}

void JsonNode::only(std::initializer_list<std::string_view> keys) const {
  if (!value_->is_object()) {
    fail("expected an object, not " + shown(*value_), "write {\"key\": value, ...}");
    return;
  }
  for (const auto& [key, unused] : value_->items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    fail("unknown key \"" + key + "\"", "the keys here are: " + list({keys.begin(), keys.end()}));
  }
}

JsonNode JsonNode::at(std::string_view key) const {
  const std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  return {has(key) ? &(*value_)[key] : &kNull, path, errors_};
}

JsonNode JsonNode::required(std::string_view key) const {
  if (!has(key)) fail("lacks \"" + std::string(key) + "\"", "add it");
  return at(key);
}

std::string JsonNode::text() const {
  if (!value_->is_string()) {
    fail("expected a string, not " + shown(*value_), "write it in quotes");
    return "";
  }
  auto text = value_->get<std::string>();
  if (text.empty() || text.find('\0') != std::string::npos) {
    fail("an empty string, or one with a zero in it", "write a name");
  }
  return text;
}

int64_t JsonNode::number(JsonRange range) const {
  const std::string bounds = std::to_string(range.low) + " to " + std::to_string(range.high);
  const bool fits = value_->is_number_integer() &&
                    !(value_->is_number_unsigned() && value_->get<uint64_t>() > INT64_MAX);
  const int64_t number = fits ? value_->get<int64_t>() : 0;
  if (fits && number >= range.low && number <= range.high) return number;
  fail("expected a whole number, not " + shown(*value_), "write one from " + bounds);
  return range.low;
}

std::vector<JsonNode> JsonNode::items(size_t most) const {
  std::vector<JsonNode> nodes;
  if (!value_->is_array()) {
    fail("expected a list, not " + shown(*value_), "write [item, ...]");
    return nodes;
  }
  if (value_->size() > most) {
    fail("has " + std::to_string(value_->size()) + " items",
         "at most " + std::to_string(most) + " are allowed");
    return nodes;
  }
  for (size_t i = 0; i < value_->size(); ++i) {
    nodes.emplace_back(&(*value_)[i], path_ + "[" + std::to_string(i) + "]", errors_);
  }
  return nodes;
}

std::string JsonNode::text(std::string_view key) const { return required(key).text(); }

int64_t JsonNode::number(std::string_view key, JsonRange range) const {
  return required(key).number(range);
}

int64_t JsonNode::number(std::string_view key, JsonRange range, int64_t otherwise) const {
  return has(key) ? at(key).number(range) : otherwise;
}

bool JsonNode::flag(std::string_view key, bool otherwise) const {
  if (!has(key)) return otherwise;
  const nlohmann::json& value = (*value_)[key];
  if (value.is_boolean()) return value.get<bool>();
  at(key).fail("expected true or false, not " + shown(value), "write true or false");
  return otherwise;
}

std::vector<JsonNode> JsonNode::items(std::string_view key, size_t most) const {
  if (!has(key)) return {};
  return at(key).items(most);
}

void JsonNode::fail_word(const std::string& text, std::vector<std::string_view> words) const {
  fail("\"" + text + "\" is not known here", "write one of: " + list(words));
}

}  // namespace zext::verifier
