#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace hogwild::data {

/// Produces items in its own thread while the caller processes earlier ones: a file is read or
/// unpacked while its content is parsed or scored.
///
/// Items come in order; a given number of them waits at most. Everything that `produce` uses
/// belongs to the thread until the end is reached or this object is destroyed (for HDF5 the whole
/// library: it is not thread-safe).
template <class Item>
class ReadAhead {
public:
    /// Fills the item, which may hold the memory of an earlier one; false at the end.
    using Produce = std::function<bool(Item&)>;

    /// @param ahead  items that may wait, >= 1.
    explicit ReadAhead(Produce produce, std::size_t ahead = 2)
        : produce_(std::move(produce)), ahead_(ahead), thread_([this] { run(); }) {}
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    ~ReadAhead() {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }

    /// Takes the next item and returns the memory of the last one.
    /// @return false at the end. @throws what `produce` threw, after the items before.
    bool next(Item& item) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !ready_.empty() || ended_; });
        if (ready_.empty()) {
            if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
            return false;
        }
        spare_.push_back(std::move(item));
        item = std::move(ready_.front());
        ready_.pop_front();
        lock.unlock();
        changed_.notify_one();
        return true;
    }

private:
    void run() {
        std::exception_ptr error;
        try {
            Item item;
            while (wait_for_room(item) && produce_(item)) add(std::move(item));
        } catch (...) {
            error = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        error_ = std::move(error);
        ended_ = true;
        changed_.notify_one();
    }

    /// @return false when the reader has stopped.
    bool wait_for_room(Item& item) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ready_.size() < ahead_ || stopped_; });
        if (!spare_.empty()) {
            item = std::move(spare_.back());
            spare_.pop_back();
        }
        return !stopped_;
    }

    void add(Item&& item) {
        {
            const std::lock_guard lock(mutex_);
            ready_.push_back(std::move(item));
        }
        changed_.notify_one();
    }

    Produce produce_;
    std::size_t ahead_;
    std::mutex mutex_;
    std::condition_variable changed_;  // of the two threads at most one waits
    std::deque<Item> ready_;
    std::vector<Item> spare_;
    std::exception_ptr error_;
    bool ended_ = false;
    bool stopped_ = false;
    std::thread thread_;  ///< last: it uses the others
};

}  // namespace hogwild::data
