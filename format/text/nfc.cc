// Works through the text in stretches: a character that begins a character of its own whatever stands before
// it, then those that might change or combine. Stretches of one character are copied.
#include "format/text/nfc.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "format/utf8.h"

namespace tritwise {
namespace {

struct Decomposition {
  uint32_t code_point;
  uint32_t first;
  uint32_t second = 0;  // 0: none
};

#include "format/text/unicode_normalisation.inc"

// A byte that is no character goes through as kRawByte + byte.
constexpr char32_t kRawByte = 0x110000;
constexpr char32_t kFirstThatMayChange = 0x300;

struct Combining {
  uint8_t order;    // canonical combining class; 0: a starter
  bool may_change;  // decomposed, reordered, or joined to what stands before it
};

Combining CombiningOf(char32_t c) {
  if (c < kFirstThatMayChange || c >= kRawByte) return {0, false};
  const uint32_t after = (static_cast<uint32_t>(c) << 9) | 511;
  const auto* change = std::upper_bound(std::begin(kCombiningChanges), std::end(kCombiningChanges), after) - 1;
  return {static_cast<uint8_t>(*change & 255), (*change & 256) != 0};
}

// Hangul syllables are made of parts by arithmetic (Unicode, section 3.12).
constexpr char32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;
constexpr uint32_t kLeadCount = 19, kVowelCount = 21, kTailCount = 28;
constexpr uint32_t kSyllableCount = kLeadCount * kVowelCount * kTailCount;

struct Mark {
  char32_t code_point;
  uint8_t order;
  uint32_t position = 0;  // among the marks of a stretch: keeps those of one order as they stood
};

void Decompose(char32_t c, std::vector<Mark>* out) {
  if (c - kSyllables < kSyllableCount) {
    const uint32_t index = c - kSyllables;
    out->push_back({kLeads + index / (kVowelCount * kTailCount), 0});
    out->push_back({kVowels + index / kTailCount % kVowelCount, 0});
    if (index % kTailCount != 0) out->push_back({kTails + index % kTailCount, 0});
    return;
  }
  const auto* found = std::lower_bound(std::begin(kDecompositions), std::end(kDecompositions), c,
                                       [](const Decomposition& d, char32_t code) { return d.code_point < code; });
  if (found == std::end(kDecompositions) || found->code_point != c) {
    out->push_back({c, CombiningOf(c).order});
    return;
  }
  Decompose(found->first, out);
  if (found->second != 0) Decompose(found->second, out);
}

// What two characters make, 0 if nothing.
char32_t Compose(char32_t first, char32_t second) {
  if (first - kLeads < kLeadCount && second - kVowels < kVowelCount) {
    return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTailCount;
  }
  if (first - kSyllables < kSyllableCount && (first - kSyllables) % kTailCount == 0 && second > kTails &&
      second - kTails < kTailCount) {
    return first + (second - kTails);
  }
  const auto before = [&](uint16_t index, int) {
    const Decomposition& d = kDecompositions[index];
    return d.first < first || (d.first == first && d.second < second);
  };
  const auto* found = std::lower_bound(std::begin(kCompositions), std::end(kCompositions), 0, before);
  if (found == std::end(kCompositions)) return 0;
  const Decomposition& d = kDecompositions[*found];
  return d.first == first && d.second == second ? d.code_point : 0;
}

void SortMarks(std::vector<Mark>* marks) {
  for (size_t i = 0; i < marks->size(); ++i) (*marks)[i].position = static_cast<uint32_t>(i);
  for (auto begin = marks->begin(); begin != marks->end();) {
    if (begin->order == 0) {
      ++begin;
      continue;
    }
    const auto end = std::find_if(begin, marks->end(), [](const Mark& m) { return m.order == 0; });
    std::sort(begin, end, [](const Mark& a, const Mark& b) {
      return a.order < b.order || (a.order == b.order && a.position < b.position);
    });
    begin = end;
  }
}

// Joins each mark to the last starter where nothing between them keeps it from that.
void ComposeAll(std::vector<Mark>* marks) {
  size_t size = 0;     // of what is done, in the same place
  size_t starter = 0;  // index; meaningful once there is one
  bool has_starter = false;
  for (const Mark mark : *marks) {
    if (has_starter && (size - 1 == starter || (*marks)[size - 1].order < mark.order)) {
      if (const char32_t joined = Compose((*marks)[starter].code_point, mark.code_point); joined != 0) {
        (*marks)[starter].code_point = joined;
        continue;
      }
    }
    if (mark.order == 0) {
      starter = size;
      has_starter = true;
    }
    (*marks)[size++] = mark;
  }
  marks->resize(size);
}

struct Next {
  char32_t code_point;
  size_t size_bytes;
};

Next NextChar(std::string_view text) {
  const Utf8Char c = FirstUtf8Char(text);
  if (c.state == Utf8State::kWhole) return {c.code_point, c.size_bytes};
  return {kRawByte + static_cast<uint8_t>(text[0]), 1};
}

}  // namespace

std::string_view ToNfc(std::string_view text, std::string* storage) {
  std::vector<Mark> marks;
  bool changed = false;
  size_t copied = 0;  // bytes of `text` that are in `storage`, once there is a reason to copy
  const auto is_ascii = [&](size_t at) { return static_cast<uint8_t>(text[at]) < 0x80; };
  for (size_t begin = 0; begin < text.size();) {
    if (is_ascii(begin) && (begin + 1 == text.size() || is_ascii(begin + 1))) {
      ++begin;
      continue;
    }
    const Next first = NextChar(text.substr(begin));
    size_t end = begin + first.size_bytes;
    bool may_change = CombiningOf(first.code_point).may_change;
    while (end < text.size() && !is_ascii(end)) {
      const Next next = NextChar(text.substr(end));
      if (!CombiningOf(next.code_point).may_change) break;
      end += next.size_bytes;
      may_change = true;
    }
    if (may_change) {
      if (!changed) storage->clear();
      changed = true;
      storage->append(text.substr(copied, begin - copied));
      copied = end;
      marks.clear();
      for (size_t at = begin; at < end;) {
        const Next next = NextChar(text.substr(at));
        Decompose(next.code_point, &marks);
        at += next.size_bytes;
      }
      SortMarks(&marks);
      ComposeAll(&marks);
      for (const Mark& mark : marks) {
        if (mark.code_point >= kRawByte) {
          storage->push_back(static_cast<char>(mark.code_point - kRawByte));
        } else {
          AppendUtf8(mark.code_point, storage);
        }
      }
    }
    begin = end;
  }
  if (!changed) return text;
  storage->append(text.substr(copied));
  return *storage;
}

}  // namespace tritwise
