"""`hdf5_inspect --top`: the strongest features of a model."""
import json

import command


class TestTop(command.Case):
    @classmethod
    def setup_class(cls):
        data = command.convert(command.make_documents(300), cls.shared / "train.h5")
        cls.model = cls.shared / "model.h5"
        outcome = command.hogwild(None, "train", "--train", data, "--category", "CCAT", "--quiet",
                                  "--batch-size", "20", "--model", cls.model)
        assert outcome.code == 0, outcome

    def weights(self):
        h5py = command.need("h5py")
        with h5py.File(self.model, "r") as file:
            return {k + 1: w for k, w in enumerate(file["weights"][:].tolist())}

    def test_both_signs_the_strongest_first(self):
        words = self.dir / "words.txt"
        words.write_text("".join(f"t{k} {k} 1.5\n" for k in range(1, 301)))
        out = self.check(command.tool("hdf5_inspect", "--json", "--top", "5", "--feature-names",
                                      words, self.model)).out
        shown = json.loads(out)
        by_weight = sorted(self.weights().items(), key=lambda item: item[1])
        for key, expected in (("top_positive", by_weight[::-1][:5]),
                              ("top_negative", by_weight[:5])):
            assert [(f["id"], f["weight"]) for f in shown[key]] == expected
            assert [f["name"] for f in shown[key]] == [f"t{k}" for k, _ in expected]

    def test_for_people(self):
        out = self.check(command.tool("hdf5_inspect", "--top", "1000", self.model)).out
        lines = out[out.index("top_positive"):].splitlines()
        shown = {int(line.split()[0]) for line in lines if line.startswith("  ")}
        assert shown == {k for k, w in self.weights().items() if w != 0.0}

    def test_refusals(self):
        self.check(command.tool("hdf5_inspect", "--top", "0", self.model), 2)
        outcome = self.check(command.tool("hdf5_inspect", "--top", "3",
                                          self.shared / "train.h5"), 2)
        assert "--top is for models" in outcome.err
        self.check(command.tool("hdf5_inspect", "--feature-names", "x", self.model), 2)
