// One decoding step of every open hypothesis.
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>

#include "network.hpp"
#include "vocabulary.hpp"

namespace dragoman {

// A part of the softmax layer: the words of one target language.
struct Shortlist {
  Matrix softmax;
  Columns columns;
};

struct StepTask {
  int32_t rows, beam;
  const int64_t* tokens;      // [rows, beam]
  const float* open;          // [rows, beam]: log-probabilities; what has -inf is left alone. null: all open
  const float* before;        // states [rows, old_beam, layers, 2, hidden]
  const int64_t* parents;     // [rows, beam] into old_beam
  int32_t old_beam;
  float* after;               // states [rows, beam, layers, 2, hidden]
  const int32_t* lengths;     // [rows]
  const float* const* memory; // each [2, length, hidden]
  const Shortlist* const* shortlists;  // [rows], each may be null; null: none
  Columns columns;            // of the whole vocabulary
  float* attention;           // [rows, beam, source], zeroed
  int32_t source;
  // What is wanted of the softmax: the best `k` words of each hypothesis and EOS ...
  int32_t k;
  float* values;              // [rows, beam, k]: log-probabilities, -inf where there are fewer
  int64_t* best;              // [rows, beam, k]: tokens
  float* ending;              // [rows, beam]: log-probability of EOS; NaN where the numbers cannot be used
  // ... or everything, where this is not null: log-probabilities [rows, beam, vocabulary].
  float* log_probs;
};

class Stepper {
 public:
  void run(const Network& net, const StepTask& task) {
    const int hidden = net.hidden;
    stride_ = size_t(1 + net.decoder_layers) * 2 * hidden;
    gather(task);
    const int n = int(flat_.size());
    x_.resize(size_t(n) * hidden);
    scratch_.resize(std::max(hidden, net.embedding));
    first_layer(net, task, n);
    look_at_source(net, task, n);
    for (int layer = 0; layer < net.decoder_layers; ++layer) upper_layer(net.decoder[layer], net, task, n, layer + 1);
    read_out(net, task, n);
    if (task.log_probs) everything(net, task, n);
    else rank(net, task, n);
  }

 private:
  void gather(const StepTask& task) {
    flat_.clear();
    for (int flat = 0; flat < task.rows * task.beam; ++flat) {
      if (!task.open || task.open[flat] > -INFINITY) flat_.push_back(flat);
      else std::fill_n(task.after + flat * stride_, stride_, 0.0f);
    }
  }

  const float* before(const StepTask& task, int flat, int layer, int hidden) const {
    const int row = flat / task.beam, parent = int(task.parents[flat]);
    return task.before + (size_t(row) * task.old_beam + parent) * stride_ + size_t(layer) * 2 * hidden;
  }

  float* after(const StepTask& task, int flat, int layer, int hidden) const {
    return task.after + size_t(flat) * stride_ + size_t(layer) * 2 * hidden;
  }

  void advance(const Matrix& gates, const Activations* const* inputs, const StepTask& task, int n, int hidden,
               int layer, const uint16_t* table) {
    cells_.assign(n, Cell{});
    for (int i = 0; i < n; ++i) {
      float* to = after(task, flat_[i], layer, hidden);
      if (table) cells_[i].half = table + size_t(task.tokens[flat_[i]]) * 4 * hidden;
      cells_[i].cell_in = before(task, flat_[i], layer, hidden) + hidden;
      cells_[i].hidden_out = to;
      cells_[i].cell_out = to + hidden;
    }
    lstm(gates, inputs, cells_);
  }

  void first_layer(const Network& net, const StepTask& task, int n) {
    const int hidden = net.hidden;
    hidden_.resize(n, hidden);
    for (int i = 0; i < n; ++i) hidden_.set(i, before(task, flat_[i], 0, hidden));
    const Activations* inputs[] = {&hidden_};
    advance(net.first, inputs, task, n, hidden, 0, net.target_table);
    for (int i = 0; i < n; ++i) std::copy_n(after(task, flat_[i], 0, hidden), hidden, &x_[size_t(i) * hidden]);
  }

  void look_at_source(const Network& net, const StepTask& task, int n) {
    const int hidden = net.hidden;
    queries_.resize(size_t(n) * hidden);
    if (net.query.panels) {
      hidden_.resize(n, hidden);
      for (int i = 0; i < n; ++i) hidden_.set(i, &x_[size_t(i) * hidden]);
      const Activations* inputs[] = {&hidden_};
      linear(net.query, inputs, n, hidden, [&](int i) { return &queries_[size_t(i) * hidden]; });
    } else {
      for (size_t i = 0; i < queries_.size(); ++i) queries_[i] = x_[i] * net.query_scale;
    }
    scores_.resize(size_t(task.source) + kLanes);
    context_.resize(n, hidden);
    for (int i = 0; i < n; ++i) {
      const int row = flat_[i] / task.beam, length = task.lengths[row];
      const float* keys = task.memory[row];
      attend(&queries_[size_t(i) * hidden], keys, keys + size_t(length) * hidden, length, hidden, net.heads,
             scores_.data(), task.attention + size_t(flat_[i]) * task.source, scratch_.data());
      context_.set(i, scratch_.data());
    }
  }

  void upper_layer(const DecoderLayer& layer, const Network& net, const StepTask& task, int n, int index) {
    const int hidden = net.hidden;
    input_.resize(n, hidden);
    hidden_.resize(n, hidden);
    for (int i = 0; i < n; ++i) {
      normalise(layer.norm, &x_[size_t(i) * hidden], hidden, scratch_.data());
      input_.set(i, scratch_.data());
      hidden_.set(i, before(task, flat_[i], index, hidden));
    }
    const Activations* inputs[] = {&input_, &context_, &hidden_};
    advance(layer.gates, inputs, task, n, hidden, index, nullptr);
    for (int i = 0; i < n; ++i) {
      const float* added = after(task, flat_[i], index, hidden);
      for (int j = 0; j < hidden; ++j) x_[size_t(i) * hidden + j] += added[j];
    }
  }

  void read_out(const Network& net, const StepTask& task, int n) {
    const int hidden = net.hidden, embedding = net.embedding;
    input_.resize(n, hidden);
    for (int i = 0; i < n; ++i) {
      normalise(net.readout_norm, &x_[size_t(i) * hidden], hidden, scratch_.data());
      input_.set(i, scratch_.data());
    }
    const Activations* inputs[] = {&input_, &context_};
    features_.resize(size_t(n) * embedding);
    linear(net.readout, inputs, n, embedding, [&](int i) { return &features_[size_t(i) * embedding]; });
    order_.resize(n);
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int a, int b) { return std::less<>()(shortlist(task, a), shortlist(task, b)); });
    hidden_.resize(n, embedding);
    for (int place = 0; place < n; ++place) {
      float* features = &features_[size_t(order_[place]) * embedding];
      tanh_in_place(features, embedding);
      hidden_.set(place, features);
    }
  }

  // What hypothesis `i` chooses its words from; null: the whole vocabulary.
  const Shortlist* shortlist(const StepTask& task, int i) const {
    return task.shortlists ? task.shortlists[flat_[i] / task.beam] : nullptr;
  }

  // The softmax layer, for the hypotheses of each shortlist together. `finish(place, columns, panel, logits)`.
  template <class Finish>
  void softmax(const Network& net, const StepTask& task, int n, Finish&& finish) {
    const Activations* inputs[] = {&hidden_};
    for (int first = 0, end; first < n; first = end) {
      const Shortlist* own = shortlist(task, order_[first]);
      for (end = first + 1; end < n && shortlist(task, order_[end]) == own;) ++end;
      const Columns& columns = own ? own->columns : task.columns;
      product(own ? own->softmax : net.softmax, inputs, first, end,
              [&](int place, int panel, const Panel& logits) { finish(place, columns, panel, logits); });
    }
  }

  // The best words of every hypothesis, and EOS.
  void rank(const Network& net, const StepTask& task, int n) {
    const size_t all = size_t(task.rows) * task.beam;
    std::fill_n(task.ending, all, -INFINITY);
    std::fill_n(task.values, all * task.k, -INFINITY);
    std::fill_n(task.best, all * task.k, 0);
    look_for(task.k, n);
    softmax(net, task, n, [&](int place, const Columns& columns, int panel, const Panel& logits) {
      look(seen_[place], columns, panel, logits);
    });
    for (int place = 0; place < n; ++place) {
      const Outlook& seen = seen_[place];
      const int flat = flat_[order_[place]];
      const float normaliser = seen.normaliser();
      for (int j = 0; j < seen.best.size(); ++j) {
        task.values[size_t(flat) * task.k + j] = seen.best.value(j) - normaliser;
        task.best[size_t(flat) * task.k + j] = seen.best.token(j);
      }
      task.ending[flat] = std::isfinite(normaliser) ? seen.ending - normaliser : NAN;
    }
  }

  // All log-probabilities; a token outside of a sentence's shortlist has -inf.
  void everything(const Network& net, const StepTask& task, int n) {
    const auto out = [&](int place) { return task.log_probs + size_t(flat_[order_[place]]) * net.vocabulary; };
    for (int place = 0; place < n; ++place) std::fill_n(out(place), net.vocabulary, -INFINITY);
    look_for(1, n);
    softmax(net, task, n, [&](int place, const Columns& columns, int panel, const Panel& logits) {
      look(seen_[place], columns, panel, logits);
      float values[kPanel];
      for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(values + v * kLanes, logits.part[v]);
      for (int c = 0; c < kPanel && panel * kPanel + c < columns.count; ++c)
        out(place)[columns.token(panel * kPanel + c)] = values[c];
    });
    for (int place = 0; place < n; ++place) {
      const float normaliser = seen_[place].normaliser();
      for (int token = 0; token < net.vocabulary; ++token) out(place)[token] -= normaliser;
    }
  }

  void look_for(int words, int n) {
    if (seen_.size() < size_t(n)) seen_.resize(n);
    for (int place = 0; place < n; ++place) seen_[place].clear(words);
  }

  size_t stride_ = 0;
  std::vector<int> flat_, order_;  // open hypotheses; and these in the order of the softmax layer
  std::vector<float> x_, scratch_, queries_, scores_, features_;
  std::vector<Cell> cells_;
  std::vector<Outlook> seen_;
  Activations hidden_, input_, context_;
};

}  // namespace dragoman
