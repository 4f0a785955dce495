// A trained network as pointers into packed weights, which belong to the caller.
#pragma once

#include "layers.hpp"

namespace dragoman {

constexpr int kMaxLayers = 8;

// An encoder layer above the first: residual, over the layer-normed sum of those below.
struct EncoderLayer {
  Norm norm;
  Matrix input;   // with bias
  Matrix hidden;  // without
};

// A decoder layer above the first; its input is [normed x, context, hidden].
struct DecoderLayer {
  Norm norm;
  Matrix gates;
};

struct Network {
  int32_t embedding, hidden, vocabulary, heads;
  int32_t encoder_layers, decoder_layers;  // above the first
  float query_scale;                       // where there is no matrix for queries
  const uint16_t* source_table;  // float16 [vocabulary, embedding]
  const uint16_t* target_table;  // what each token adds to the first decoder layer's gates, bias included;
                                 // float16 [vocabulary, gates]
  // The first encoder layer; without panels for backward: it reads forward alone.
  Matrix forward_input, forward;
  Matrix backward_input, backward;
  EncoderLayer encoder[kMaxLayers];
  Norm memory_norm;
  Matrix keys, values;  // without panels: the memory itself
  Matrix bridge;
  Matrix first;
  Matrix query;  // without panels: the first layer's output, scaled
  DecoderLayer decoder[kMaxLayers];
  Norm readout_norm;
  Matrix readout;
  Matrix softmax;
};

}  // namespace dragoman
