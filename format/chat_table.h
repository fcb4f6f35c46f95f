// Between ChatTemplate and its table in the FlatBuffer; internal to format/.
#pragma once

#include <optional>

#include "flatbuffers/flatbuffers.h"
#include "format/chat_template.h"
#include "model_generated.h"

namespace tritwise {

// 0 for no template.
flatbuffers::Offset<fb::ChatTemplate> BuildChatTemplate(flatbuffers::FlatBufferBuilder& builder,
                                                        const std::optional<ChatTemplate>& chat);

// `table` is null where there is none.
std::optional<ChatTemplate> ParseChatTemplate(const fb::ChatTemplate* table);

}  // namespace tritwise
