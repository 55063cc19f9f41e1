#pragma once
#include <mpi.h>

#include <deque>
#include <string>
#include <vector>

#include "mpi/communicator.hpp"

namespace hogwild::mpi {

/// Texts for rank 0, which takes them when it has time. No sender waits for it.
///
/// @note The constructor and close() are collective over the communicator. The destructor never
///       communicates, so an open mailbox is left to the abort.
class Mailbox {
public:
    /// @param comm  not owned; the messages travel on a duplicate. @throws MpiError.
    explicit Mailbox(Communicator comm);
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() = default;
    /// @pre all_received() on every rank. Twice is fine. @throws MpiError.
    void close();

    /// To rank 0, from any rank. @throws MpiError.
    void send(std::string text);
    /// Whether rank 0 has taken all that this rank has sent. Polls. @throws MpiError.
    bool all_received();
    /// On rank 0: the texts that have arrived, those of one rank in order. Polls. @throws MpiError.
    std::vector<std::string> take();

private:
    struct Letter {
        std::string text;
        MPI_Request sending = MPI_REQUEST_NULL;
    };
    MPI_Comm comm_ = MPI_COMM_NULL;
    std::deque<Letter> sent_;  ///< does not move its elements, whose memory MPI reads
};

}  // namespace hogwild::mpi
