// One decoding step of the network for every open hypothesis, wherever these lie.
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

// One hypothesis: what a step reads of it, and where it writes.
struct Open {
  int64_t token;               // its last
  const float* before;         // its states [layers, 2, hidden]: of each layer the hidden state and the cell
  float* after;                // the same after the step
  const float* memory;         // of its sentence: keys, then values, [2, length, hidden]
  int32_t length;
  const Shortlist* shortlist;  // null: the whole vocabulary
  float* attention;            // [length]
  Wish wish;
};

class Stepper {
 public:
  // The best words of each hypothesis, EOS and the normaliser, in `outlook(i)`.
  void rank(const Network& net, const Columns& columns, const std::vector<Open>& open) {
    advance(net, open);
    look_for(columns);
    softmax(net, columns, [&](int place, const Columns& own, int panel, const Panel& logits) {
      look(seen_[order_[place]], own, panel, logits);
    });
  }

  const Outlook& outlook(size_t i) const { return seen_[i]; }

  // All log-probabilities, `log_probs[i]` is [vocabulary]; a token outside of a shortlist has -inf.
  void score(const Network& net, const Columns& columns, const std::vector<Open>& open, float* log_probs) {
    advance(net, open);
    look_for(columns);
    const auto out = [&](size_t i) { return log_probs + i * net.vocabulary; };
    std::fill_n(log_probs, open.size() * net.vocabulary, -INFINITY);
    softmax(net, columns, [&](int place, const Columns& own, int panel, const Panel& logits) {
      look(seen_[order_[place]], own, panel, logits);
      float values[kPanel];
      for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(values + v * kLanes, logits.part[v]);
      for (int c = 0; c < kPanel && panel * kPanel + c < own.count; ++c)
        out(order_[place])[own.token(panel * kPanel + c)] = values[c];
    });
    for (size_t i = 0; i < open.size(); ++i) {
      const float normaliser = seen_[i].normaliser();
      for (int token = 0; token < net.vocabulary; ++token) out(i)[token] -= normaliser;
    }
  }

 private:
  // Everything below the softmax layer, whose input is left in `hidden_`, in the order of `order_`.
  void advance(const Network& net, const std::vector<Open>& open) {
    open_ = &open;
    x_.resize(open.size() * net.hidden);
    scratch_.resize(std::max(net.hidden, net.embedding));
    first_layer(net);
    look_at_source(net);
    for (int layer = 0; layer < net.decoder_layers; ++layer) upper_layer(net.decoder[layer], net, layer + 1);
    read_out(net);
  }

  int count() const { return int(open_->size()); }
  const Open& open(int i) const { return (*open_)[i]; }

  void recur(const Matrix& gates, const Activations* const* inputs, int hidden, int layer, const uint16_t* table) {
    const size_t begin = size_t(layer) * 2 * hidden;
    cells_.assign(count(), Cell{});
    for (int i = 0; i < count(); ++i) {
      if (table) cells_[i].half = table + size_t(open(i).token) * 4 * hidden;
      cells_[i].cell_in = open(i).before + begin + hidden;
      cells_[i].hidden_out = open(i).after + begin;
      cells_[i].cell_out = open(i).after + begin + hidden;
    }
    lstm(gates, inputs, cells_);
  }

  void first_layer(const Network& net) {
    const int hidden = net.hidden;
    hidden_.resize(count(), hidden);
    for (int i = 0; i < count(); ++i) hidden_.set(i, open(i).before);
    const Activations* inputs[] = {&hidden_};
    recur(net.first, inputs, hidden, 0, net.target_table);
    for (int i = 0; i < count(); ++i) std::copy_n(open(i).after, hidden, &x_[size_t(i) * hidden]);
  }

  void look_at_source(const Network& net) {
    const int hidden = net.hidden;
    queries_.resize(size_t(count()) * hidden);
    if (net.query.panels) {
      hidden_.resize(count(), hidden);
      for (int i = 0; i < count(); ++i) hidden_.set(i, &x_[size_t(i) * hidden]);
      const Activations* inputs[] = {&hidden_};
      linear(net.query, inputs, count(), hidden, [&](int i) { return &queries_[size_t(i) * hidden]; });
    } else {
      for (size_t i = 0; i < queries_.size(); ++i) queries_[i] = x_[i] * net.query_scale;
    }
    context_.resize(count(), hidden);
    for (int i = 0; i < count(); ++i) {
      const int length = open(i).length;
      if (scores_.size() < size_t(length) + kLanes) scores_.resize(size_t(length) + kLanes);
      const float* keys = open(i).memory;
      attend(&queries_[size_t(i) * hidden], keys, keys + size_t(length) * hidden, length, hidden, net.heads,
             scores_.data(), open(i).attention, scratch_.data());
      context_.set(i, scratch_.data());
    }
  }

  void upper_layer(const DecoderLayer& layer, const Network& net, int index) {
    const int hidden = net.hidden;
    const size_t begin = size_t(index) * 2 * hidden;
    input_.resize(count(), hidden);
    hidden_.resize(count(), hidden);
    for (int i = 0; i < count(); ++i) {
      normalise(layer.norm, &x_[size_t(i) * hidden], hidden, scratch_.data());
      input_.set(i, scratch_.data());
      hidden_.set(i, open(i).before + begin);
    }
    const Activations* inputs[] = {&input_, &context_, &hidden_};
    recur(layer.gates, inputs, hidden, index, nullptr);
    for (int i = 0; i < count(); ++i) {
      const float* added = open(i).after + begin;
      for (int j = 0; j < hidden; ++j) x_[size_t(i) * hidden + j] += added[j];
    }
  }

  void read_out(const Network& net) {
    const int hidden = net.hidden, embedding = net.embedding;
    input_.resize(count(), hidden);
    for (int i = 0; i < count(); ++i) {
      normalise(net.readout_norm, &x_[size_t(i) * hidden], hidden, scratch_.data());
      input_.set(i, scratch_.data());
    }
    const Activations* inputs[] = {&input_, &context_};
    features_.resize(size_t(count()) * embedding);
    linear(net.readout, inputs, count(), embedding, [&](int i) { return &features_[size_t(i) * embedding]; });
    order_.resize(count());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
      return std::less<>()(open(a).shortlist, open(b).shortlist);
    });
    hidden_.resize(count(), embedding);
    for (int place = 0; place < count(); ++place) {
      float* features = &features_[size_t(order_[place]) * embedding];
      tanh_in_place(features, embedding);
      hidden_.set(place, features);
    }
  }

  // The softmax layer, for the hypotheses of each shortlist together. `finish(place, columns, panel, logits)`.
  template <class Finish>
  void softmax(const Network& net, const Columns& columns, Finish&& finish) {
    const Activations* inputs[] = {&hidden_};
    for (int first = 0, end; first < count(); first = end) {
      const Shortlist* own = open(order_[first]).shortlist;
      for (end = first + 1; end < count() && open(order_[end]).shortlist == own;) ++end;
      const Columns& meaning = own ? own->columns : columns;
      product(own ? own->softmax : net.softmax, inputs, first, end,
              [&](int place, int panel, const Panel& logits) { finish(place, meaning, panel, logits); });
    }
  }

  void look_for(const Columns& columns) {
    if (seen_.size() < size_t(count())) seen_.resize(count());
    for (int i = 0; i < count(); ++i)
      seen_[i].begin(open(i).wish, open(i).shortlist ? open(i).shortlist->columns : columns);
  }

  const std::vector<Open>* open_ = nullptr;
  std::vector<int> order_;  // the hypotheses in the order of the softmax layer
  std::vector<float> x_, scratch_, queries_, scores_, features_;
  std::vector<Cell> cells_;
  std::vector<Outlook> seen_;
  Activations hidden_, input_, context_;
};

}  // namespace dragoman
