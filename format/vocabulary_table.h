// Between Vocabulary and its table in the FlatBuffer; internal to format/.
#pragma once

#include <string>

#include "flatbuffers/flatbuffers.h"
#include "format/status.h"
#include "format/vocabulary.h"
#include "model_generated.h"

namespace tritwise {

// 0 for no vocabulary.
flatbuffers::Offset<fb::Vocabulary> BuildVocabulary(flatbuffers::FlatBufferBuilder& builder,
                                                    const Vocabulary& vocabulary);

// `table` is null where there is none. Enum values that this build does not know are errors.
Result<Vocabulary> ParseVocabulary(const fb::Vocabulary* table, const std::string& where);

}  // namespace tritwise
