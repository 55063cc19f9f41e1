#include "mpi/mailbox.hpp"

#include <cstddef>
#include <utility>

#include "mpi/count.hpp"
#include "mpi/error.hpp"

namespace hogwild::mpi {

Mailbox::Mailbox(Communicator comm) {
    check(MPI_Comm_dup(comm, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

void Mailbox::close() {
    if (comm_ != MPI_COMM_NULL) check(MPI_Comm_free(&comm_), "MPI_Comm_free");
}

void Mailbox::send(std::string text) {
    Letter& letter = sent_.emplace_back(Letter{std::move(text), MPI_REQUEST_NULL});
    // synchronous: complete only once rank 0 has taken it
    check(MPI_Issend(letter.text.data(), count_of(letter.text.size()), MPI_CHAR, 0, 0, comm_,
                     &letter.sending),
          "MPI_Issend");
}

bool Mailbox::all_received() {
    while (!sent_.empty()) {
        int taken = 0;
        check(MPI_Test(&sent_.front().sending, &taken, MPI_STATUS_IGNORE), "MPI_Test");
        if (taken == 0) return false;
        sent_.pop_front();
    }
    return true;
}

std::vector<std::string> Mailbox::take() {
    std::vector<std::string> texts;
    while (true) {
        int any = 0;
        MPI_Message message = MPI_MESSAGE_NULL;
        MPI_Status status;
        check(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &any, &message, &status),
              "MPI_Improbe");
        if (any == 0) return texts;
        int length = 0;
        check(MPI_Get_count(&status, MPI_CHAR, &length), "MPI_Get_count");
        std::string& text = texts.emplace_back(static_cast<std::size_t>(length), '\0');
        check(MPI_Mrecv(text.data(), length, MPI_CHAR, &message, MPI_STATUS_IGNORE), "MPI_Mrecv");
    }
}

}  // namespace hogwild::mpi
