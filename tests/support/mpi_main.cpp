// The same tests in the same order on every rank; one outcome for all. Rank 0 prints, the others
// say only what failed.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>

namespace {

class Failures : public ::testing::EmptyTestEventListener {
public:
    explicit Failures(int rank) : rank_(rank) {}
    void OnTestStart(const ::testing::TestInfo& test) override { test_ = &test; }
    void OnTestPartResult(const ::testing::TestPartResult& part) override {
        // UnitTest holds its lock here, so it cannot be asked for the test.
        if (!part.failed() || test_ == nullptr) return;
        std::fprintf(stderr, "rank %d: %s.%s failed at %s:%d\n%s\n", rank_,
                     test_->test_suite_name(), test_->name(),
                     part.file_name() != nullptr ? part.file_name() : "", part.line_number(),
                     part.message());
    }

private:
    int rank_;
    const ::testing::TestInfo* test_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
    MPI_Init(&argc, &argv);
    ::testing::InitGoogleTest(&argc, argv);
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    if (rank != 0) {
        delete listeners.Release(listeners.default_result_printer());
        listeners.Append(new Failures(rank));
    }
    int failed = RUN_ALL_TESTS();
    MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    MPI_Finalize();
    return failed;
}
