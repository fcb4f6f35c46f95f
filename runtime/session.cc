#include "tritwise/session.h"

#include <cinttypes>
#include <utility>

#include "runtime/kv_cache.h"
#include "runtime/layout.h"
#include "tritwise/plan.h"

namespace tritwise {

Session::Session(std::shared_ptr<const Model> model, std::unique_ptr<runtime::KvCache> cache, int64_t context,
                 Sampler sampler)
    : model_(std::move(model)), cache_(std::move(cache)), context_(context), sampler_(std::move(sampler)) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Make(const Plan& plan, const SessionOptions& options) {
  const Graph& graph = plan.model()->graph();
  if (graph.context == 0) {
    return Status::Error(StatusCode::kInvalidArgument, "the rows of this model are independent: it has no sessions");
  }
  if (options.context < 0 || options.context > graph.context) {
    return Status::Error(StatusCode::kInvalidArgument, "context: %" PRId64 " is not from 1 to the model's %" PRId64,
                         options.context, graph.context);
  }
  const int64_t context = options.context == 0 ? graph.context : options.context;
  TRITWISE_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Make(options.sampler, graph.output_width()));
  TRITWISE_ASSIGN_OR_RETURN(auto cache, runtime::KvCache::Make(runtime::MakeCacheLayers(graph, plan.options()),
                                                               static_cast<uint64_t>(context)));
  return std::unique_ptr<Session>(new Session(plan.model(), std::move(cache), context, std::move(sampler)));
}

uint64_t Session::cache_bytes() const { return cache_->bytes(); }

Status Session::Truncate(int64_t position) {
  if (position < 0 || position > position_) {
    return Status::Error(StatusCode::kInvalidArgument, "cannot go back to position %" PRId64 " from %" PRId64, position,
                         position_);
  }
  position_ = position;
  return Status();
}

Status Session::CopyPrefix(const Session& other, int64_t positions) {
  if (model_ != other.model_ || cache_->layers() != other.cache_->layers()) {
    return Status::Error(StatusCode::kInvalidArgument, "the sessions differ in model or number format of the cache");
  }
  if (positions < 0 || positions > other.position_) {
    return Status::Error(StatusCode::kInvalidArgument, "%" PRId64 " positions of a session that has %" PRId64,
                         positions, other.position_);
  }
  if (positions > context_) {
    return Status::Error(StatusCode::kResourceExhausted, "%" PRId64 " positions do not fit into a context of %" PRId64,
                         positions, context_);
  }
  if (this != &other) cache_->CopyFrom(*other.cache_, static_cast<uint64_t>(positions));
  position_ = positions;
  return Status();
}

void Session::Reset() {
  position_ = 0;
  sampler_.Reset();
}

}  // namespace tritwise
