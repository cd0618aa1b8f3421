import Testing

@testable import EdgeProxy

@Suite struct CertificateTableTests {
    @Test(
        "The certificate that has the name serves it, a whole name before a wildcard, the first before the next",
        arguments: [
            (nil, 0), ("", 0), ("unknown.test", 0), ("shop.test", 1), ("SHOP.test", 1), ("www.shop.test", 2),
            ("special.shop.test", 3), ("a.b.shop.test", 0), (".shop.test", 0), ("shop.test.", 0), ("twice.test", 1),
            ("*.shop.test", 2), ("10.0.0.1", 0),
        ] as [(String?, Int)])
    func choice(name: String?, index: Int) {
        let table = CertificateTable(hostNames: [
            ["default.test"], ["shop.test", "twice.test"], ["*.shop.test", "twice.test"],
            ["special.shop.test", "*.shop.test"],
        ])
        #expect(table.index(for: name) == index)
    }
}
