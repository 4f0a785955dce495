// Threads that stay and share work whose parts know nothing of each other.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <vector>

namespace dragoman {

class Crew {
 public:
  // Calls work(part) for each of `parts`, the first on this thread, and returns when all are done. While another
  // thread has the crew, this one does all parts itself: then every processor is busy anyhow.
  static void share(int parts, const std::function<void(int)>& work) {
    std::unique_lock own(turn(), std::try_to_lock);
    if (parts == 1 || !own) {
      for (int part = 0; part < parts; ++part) work(part);
      return;
    }
    crew().run(parts, work);
  }

 private:
  // Neither is ever destroyed: a thread may still wait when the process ends.
  static std::mutex& turn() {
    static std::mutex* turn = new std::mutex;
    return *turn;
  }

  static Crew& crew() {
    static Crew* crew = new Crew;
    if (crew->process_ != getpid()) crew = new Crew;  // threads do not survive a fork
    return *crew;
  }

  void run(int parts, const std::function<void(int)>& work) {
    {
      std::lock_guard lock(mutex_);
      while (workers_ < parts - 1) std::thread(&Crew::wait, this, ++workers_).detach();
      work_ = &work;
      parts_ = parts;
      missing_ = parts - 1;
      ++round_;
    }
    begin_.notify_all();
    work(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return missing_ == 0; });
  }

  void wait(int part) {
    std::unique_lock lock(mutex_);
    for (long seen = 0;;) {
      begin_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      if (part >= parts_) continue;
      const auto& work = *work_;
      lock.unlock();
      work(part);
      lock.lock();
      if (--missing_ == 0) done_.notify_one();
    }
  }

  const pid_t process_ = getpid();
  std::mutex mutex_;
  std::condition_variable begin_, done_;
  const std::function<void(int)>* work_ = nullptr;
  int workers_ = 0, parts_ = 0, missing_ = 0;
  long round_ = 0;
};

}  // namespace dragoman
