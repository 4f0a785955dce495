// The encoder over sentences of different lengths, without padding.
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>

#include "crew.hpp"
#include "network.hpp"

namespace dragoman {

struct EncodeTask {
  int32_t rows;
  const int32_t* lengths;      // [rows], positive
  const int64_t* const* ids;   // each [length]
  float* const* memory;        // each [2, length, hidden]: keys, then values
  float* const* start;         // each [1 + decoder_layers, hidden]: hidden states before the first step
  int32_t threads;             // to share the sentences among
};

class Encoder {
 public:
  void run(const Network& net, const EncodeTask& task) {
    plan(task);
    const bool both = net.backward.panels > 0;
    const int hidden = net.hidden, first = both ? hidden / 2 : hidden;
    outputs_.assign(size_t(total_) * hidden, 0.0f);
    embed(net, task);
    first_layer(net.forward_input, net.forward, first, hidden, 0, false);
    if (both) first_layer(net.backward_input, net.backward, first, hidden, first, true);
    for (int layer = 0; layer < net.encoder_layers; ++layer) upper_layer(net.encoder[layer], hidden);
    for (int token = 0; token < total_; ++token)
      normalise(net.memory_norm, &outputs_[size_t(token) * hidden], hidden, &outputs_[size_t(token) * hidden]);
    project(net, task);
    start(net, task);
  }

 private:
  // Longest first, so that the rows that still read at any time are the first ones.
  void plan(const EncodeTask& task) {
    order_.resize(task.rows);
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int a, int b) { return task.lengths[a] > task.lengths[b]; });
    lengths_.clear();
    begins_.clear();
    total_ = 0;
    for (const int row : order_) {
      begins_.push_back(total_);
      lengths_.push_back(task.lengths[row]);
      total_ += task.lengths[row];
    }
  }

  int reading(int time) const {
    int rows = int(lengths_.size());
    while (rows > 0 && lengths_[rows - 1] <= time) --rows;
    return rows;
  }

  // Runs an LSTM of `units` over all sentences. `cell(at, row, token)` completes where a row reads and writes.
  template <class Complete>
  void recur(const Matrix& gates, int units, bool backward, Complete&& complete) {
    const int rows = int(lengths_.size());
    cells_.assign(size_t(rows) * units, 0.0f);
    hidden_.assign(size_t(rows) * units, 0.0f);
    for (int time = 0, active; (active = reading(time)) > 0; ++time) {
      state_.resize(active, units);
      at_.assign(active, Cell{});
      for (int row = 0; row < active; ++row) {
        state_.set(row, &hidden_[size_t(row) * units]);
        const int token = begins_[row] + (backward ? lengths_[row] - 1 - time : time);
        at_[row].cell_in = at_[row].cell_out = &cells_[size_t(row) * units];
        at_[row].hidden_out = &hidden_[size_t(row) * units];
        complete(at_[row], row, token);
      }
      const Activations* inputs[] = {&state_};
      lstm(gates, inputs, at_);
      for (int row = 0; row < active; ++row) {
        const int token = begins_[row] + (backward ? lengths_[row] - 1 - time : time);
        keep_(token, &hidden_[size_t(row) * units]);
      }
    }
  }

  void embed(const Network& net, const EncodeTask& task) {
    const int width = net.embedding;
    input_.resize(total_, width);
    normed_.resize(width);
    for (size_t row = 0; row < order_.size(); ++row)
      for (int i = 0; i < lengths_[row]; ++i) {
        const uint16_t* half = net.source_table + size_t(task.ids[order_[row]][i]) * width;
        for (int j = 0; j < width; j += kLanes) {
          const __m256i sixteen = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(half + j));
          _mm512_storeu_ps(&normed_[j], _mm512_cvtph_ps(sixteen));
        }
        input_.set(begins_[row] + i, normed_.data());
      }
  }

  // What the inputs of all positions add to a layer's gates, in one product.
  void contribute(const Matrix& w, size_t gates) {
    contributions_.resize(total_ * gates);
    const Activations* inputs[] = {&input_};
    linear(w, inputs, total_, int(gates), [&](int row) { return &contributions_[row * gates]; });
  }

  void first_layer(const Matrix& input, const Matrix& gates, int units, int hidden, int column, bool backward) {
    const size_t width = size_t(4) * units;
    contribute(input, width);
    keep_ = [=, this](int token, const float* x) {
      std::copy(x, x + units, &outputs_[size_t(token) * hidden + column]);
    };
    recur(gates, units, backward,
          [&](Cell& at, int, int token) { at.full = &contributions_[token * width]; });
  }

  void upper_layer(const EncoderLayer& layer, int hidden) {
    const size_t gates = size_t(4) * hidden;
    input_.resize(total_, hidden);
    normed_.resize(hidden);
    for (int token = 0; token < total_; ++token) {
      normalise(layer.norm, &outputs_[size_t(token) * hidden], hidden, normed_.data());
      input_.set(token, normed_.data());
    }
    contribute(layer.input, gates);
    keep_ = [=, this](int token, const float* x) {
      float* sum = &outputs_[size_t(token) * hidden];
      for (int i = 0; i < hidden; ++i) sum[i] += x[i];
    };
    recur(layer.hidden, hidden, false,
          [&](Cell& at, int, int token) { at.full = &contributions_[token * gates]; });
  }

  // Keys and values of every position.
  void project(const Network& net, const EncodeTask& task) {
    const int hidden = net.hidden;
    input_.resize(total_, hidden);
    where_.resize(total_);
    for (size_t row = 0; row < order_.size(); ++row)
      for (int i = 0; i < lengths_[row]; ++i) where_[begins_[row] + i] = {int(row), i};
    for (int token = 0; token < total_; ++token) input_.set(token, &outputs_[size_t(token) * hidden]);
    for (const int part : {0, 1}) {
      const Matrix& w = part ? net.values : net.keys;
      const auto to = [&](int token) {
        const auto [row, position] = where_[token];
        return task.memory[order_[row]] + (size_t(part) * lengths_[row] + position) * hidden;
      };
      const Activations* inputs[] = {&input_};
      if (w.panels) linear(w, inputs, total_, hidden, to);
      for (int token = 0; !w.panels && token < total_; ++token)
        std::copy_n(&outputs_[size_t(token) * hidden], hidden, to(token));
    }
  }

  // tanh(bridge · mean of the memory)
  void start(const Network& net, const EncodeTask& task) {
    const int hidden = net.hidden, rows = int(order_.size()), width = (1 + net.decoder_layers) * hidden;
    input_.resize(rows, hidden);
    for (int row = 0; row < rows; ++row) {
      normed_.assign(hidden, 0.0f);
      for (int i = 0; i < lengths_[row]; ++i)
        for (int j = 0; j < hidden; ++j) normed_[j] += outputs_[size_t(begins_[row] + i) * hidden + j];
      for (float& x : normed_) x /= lengths_[row];
      input_.set(row, normed_.data());
    }
    const Activations* inputs[] = {&input_};
    linear(net.bridge, inputs, rows, width, [&](int row) { return task.start[order_[row]]; });
    for (int row = 0; row < rows; ++row) tanh_in_place(task.start[row], width);
  }

  int total_ = 0;
  std::vector<int> order_, lengths_, begins_;
  std::vector<std::pair<int, int>> where_;
  std::vector<float> outputs_, contributions_, cells_, hidden_, normed_;
  std::vector<Cell> at_;
  std::function<void(int, const float*)> keep_;
  Activations input_, state_;
};

constexpr int kLeastSentences = 6;  // one tile: with fewer, a thread would mostly read weights

// Encodes all sentences; every thread takes as many.
inline void encode(const Network& net, const EncodeTask& task) {
  const int parts = std::clamp(task.rows / kLeastSentences, 1, std::max(1, task.threads));
  Crew::share(parts, [&](int part) {
    thread_local Encoder encoder;
    const int first = task.rows * part / parts, end = task.rows * (part + 1) / parts;
    encoder.run(net, {end - first, task.lengths + first, task.ids + first, task.memory + first, task.start + first, 1});
  });
}

}  // namespace dragoman
