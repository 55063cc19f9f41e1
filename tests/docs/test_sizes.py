"""The size checker sees what it is to see: classes, functions, and where they end."""
import sizes

CPP = r'''
#define BRACE {
namespace a::b {
/* { */  // {
template <class T>
class Outer final : public Base<T> {
public:
    Outer() : member_{1}, text_("}") {
    }
    void with_lambda() const noexcept {
        run([&](int x) {
            return x;
        });
    }
    struct Inner {
        int a[2] = {1, 2};
    };
private:
    char letter_ = '{';
};
enum class Kind { one, two };
constexpr int kTable[] = {
    1,
    2,
};
int free_function(
    int argument) {
    if (argument > 1'000) {
        struct Local { int x; };
    }
    return R"(})"[0];
}
}
'''


def parts(path, text):
    return {(part.kind, part.name): part.lines for part in sizes.parts_of(path, text)}


class TestSizes:
    def test_cpp(self):
        assert parts("x.cpp", CPP) == {
            ("file", ""): CPP.count("\n"), ("class", "Outer"): 16, ("class", "Inner"): 3,
            ("function", "Outer"): 2, ("function", "with_lambda"): 5,
            ("function", "free_function"): 7}

    def test_long_function_is_found(self):
        def text(lines):
            return "void f() {\n" + "    g();\n" * (lines - 2) + "}\n"
        assert not list(sizes.too_long("x.hpp", text(60)))
        assert [where for where, _ in sizes.too_long("x.hpp", text(61))] == ["x.hpp: f"]

    def test_python_and_shell(self):
        assert parts("x.py", "def f():\n    pass\n\n\nclass C:\n    x = 1\n") == {
            ("file", ""): 6, ("function", "f"): 2, ("class", "C"): 2}
        assert parts("x.sh", "f() { # what\n    for x; do {\n    }\n    done\n}\n") == {
            ("file", ""): 5, ("function", "f"): 5}
