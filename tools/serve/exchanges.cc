#include "tools/serve/exchanges.h"

#include <algorithm>

namespace tritwise::serve {

Exchange& Exchanges::Add(Exchange exchange) {
  const JobId job = exchange.job;
  exchange.heard = exchange.arrived;
  by_name_[NameOf(exchange.owner, exchange.id)] = job;
  return by_job_.emplace(job, std::move(exchange)).first->second;
}

Exchange* Exchanges::Find(JobId job) {
  const auto found = by_job_.find(job);
  return found == by_job_.end() ? nullptr : &found->second;
}

Exchange* Exchanges::Find(const Owner& owner, const std::string& id) {
  const auto found = by_name_.find(NameOf(owner, id));
  return found == by_name_.end() ? nullptr : Find(found->second);
}

void Exchanges::Erase(JobId job) {
  const auto found = by_job_.find(job);
  if (found == by_job_.end()) return;
  const auto name = by_name_.find(NameOf(found->second.owner, found->second.id));
  if (name != by_name_.end() && name->second == job) by_name_.erase(name);
  by_job_.erase(found);
}

size_t Exchanges::UnderWay(const std::string& user) const {
  return static_cast<size_t>(std::count_if(by_job_.begin(), by_job_.end(), [&](const auto& entry) {
    return entry.second.work && !entry.second.done() && entry.second.owner.user == user;
  }));
}

size_t Exchanges::UnderWay() const {
  return static_cast<size_t>(
      std::count_if(by_job_.begin(), by_job_.end(), [](const auto& entry) { return !entry.second.done(); }));
}

void Exchanges::Expire(Clock::time_point now) {
  std::vector<JobId> over;
  size_t kept = 0;
  for (auto entry = by_job_.rbegin(); entry != by_job_.rend(); ++entry) {
    const Exchange& e = entry->second;
    if (!e.done() || !e.outbox.empty()) continue;
    if (!e.owner.returns || e.failed() || now - e.ended >= kReturn || ++kept > kMostEnded) over.push_back(entry->first);
  }
  for (const JobId job : over) Erase(job);
}

}  // namespace tritwise::serve
