"""`hdf5_inspect --top`: the strongest features of a model."""
import json

import command
import several_outputs


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


class TestSeveralOutputs(command.Case):
    @classmethod
    def setup_class(cls):
        cls.model = several_outputs.write(cls.shared / "all.h5")

    def inspect(self, *options, code=0):
        return self.check(command.tool("hdf5_inspect", *options, self.model), code)

    def test_every_category(self):
        shown = json.loads(self.inspect("--json", "--top", "1").out)
        assert [o["category"] for o in shown["outputs"]] == list(several_outputs.CATEGORIES)
        assert [o["positives"] for o in shown["outputs"]] == [10, 20, 30]
        assert [o["bias"] for o in shown["outputs"]] == list(several_outputs.BIAS)
        assert [o["threshold"] for o in shown["outputs"]] == list(several_outputs.THRESHOLDS)
        assert [o["lambda"] for o in shown["outputs"]] == [1e-4, 2e-4, 3e-4]
        assert [o["weights_other_than_0"] for o in shown["outputs"]] == [3, 2, 2]
        assert [o["top_positive"] for o in shown["outputs"]] == [
            [{"id": 7, "weight": 1.0}], [{"id": 7, "weight": 0.125}], [{"id": 4, "weight": 2.0}]]
        assert [o["top_negative"] for o in shown["outputs"]] == [
            [{"id": 4, "weight": -0.25}], [{"id": 1, "weight": -1.5}], [{"id": 7, "weight": -3.0}]]
        assert "bias" not in shown and shown["listed_features"] == 4

    def test_one_category(self):
        shown = json.loads(self.inspect("--json", "--top", "5", "--category", "GCAT").out)
        assert (shown["category"], shown["bias"], shown["lambda"]) == ("GCAT", 0.0, 3e-4)
        assert shown["top_positive"] == [{"id": 4, "weight": 2.0}]
        assert "outputs" not in shown
        assert "no category 'X' among its 3" in self.inspect("--category", "X", code=65).err

    def test_for_people(self):
        out = self.inspect("--top", "1").out
        table = out[out.index("outputs\n"):].splitlines()
        assert table[1].split() == ["category", "positives", "lambda", "threshold", "bias",
                                    "weights"]
        assert table[2].split() == ["C1", "10", "0.0001", "0", "0.25", "3"]
        assert table[4].split() == ["GCAT", "30", "0.0003", "0", "0", "2"]
        assert table[-3:-1] == ["top_negative  GCAT", "           7            -3"]
