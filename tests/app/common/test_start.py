"""What one rank without mpirun loads, and that the user's settings of MPI have the last word."""
import os

import pytest

import command

TRAIN = ("--category", "CCAT", "--iterations", "2", "--quiet")
CLUSTER = ("mca_btl_tcp.so", "mca_pml_ucx.so", "mca_osc_rdma.so", "hwloc_pci.so", "hwloc_gl.so")


class TestStart(command.Case):
    @classmethod
    def setup_class(cls):
        cls.data = command.convert(command.make_documents(50), cls.shared / "train.h5")

    def train(self, **env):
        words = command.hogwild_command(None, "train", "--train", self.data, *TRAIN)
        return command.run(words, env={**os.environ, **env})

    def test_connects_no_ranks(self):
        """The dynamic linker tells which plugins and programs a run loads."""
        loaded = self.check(self.train(LD_DEBUG="files")).err
        if "mca_pml_ob1.so" not in loaded:
            pytest.skip("Open MPI is not in use, or has its components built in")
        assert [name for name in CLUSTER if name in loaded] == []
        assert "initialize program: orted" not in loaded, "a daemon was started"

    def test_user_decides(self):
        loaded = self.check(self.train(LD_DEBUG="files", OMPI_MCA_btl="self,tcp")).err
        if "mca_pml_ob1.so" not in loaded:
            pytest.skip("Open MPI is not in use, or has its components built in")
        assert "mca_btl_tcp.so" in loaded
