import Testing

@testable import VisitorAPI

@Suite("Page sources as they are served")
struct SourceTextTests {
    @Test(
        "A script keeps its meaning without comments and spaces",
        arguments: [
            (
                "// gone\n  const a = 'b  = c'; /* gone */\n  if (a) {\n    f(a);\n  }",
                "const a='b  = c';if(a){f(a);\n}\n"
            ),
            ("x = a + +b - -c;", "x=a+ +b- -c;"), ("const s = 'it\\'s  {'", "const s='it\\'s  {'\n"),
            ("return a\nb", "return a\nb\n"), ("a = `x  ${y}`", "a=`x  ${y}`\n"),
        ])
    func script(source: String, expected: String) {
        let result = SourceText.script(Array(source.utf8))
        #expect(result.filter { $0 != "\n" } == expected.filter { $0 != "\n" })
        #expect(!source.contains("return") || result.contains("\n"))
    }

    @Test("A style sheet keeps the spaces that separate values and selectors")
    func styleSheet() {
        let source = "/* x */\n.a b, c { margin: 0 -1rem .5rem; }\n@media (a: b) {\n  c { d: \"e  f\"; }\n}\n"
        #expect(
            SourceText.styleSheet(Array(source.utf8))
                == ".a b,c{margin:0 -1rem .5rem;}@media (a:b){c{d:\"e  f\";}}")
    }
}
