import NIOCore
import NIOHTTP1
import Testing

@testable import DemoShop

@Suite("The shop")
struct ShopTests {
    @Test(
        "A command line is understood or refused",
        arguments: [
            ([], .serve(host: "127.0.0.1", port: 9000)), (["--port", "0"], .serve(host: "127.0.0.1", port: 0)),
            (["--host", "::1", "--port", "80"], .serve(host: "::1", port: 80)), (["--help"], .help),
            (["--port"], nil), (["--port", "65536"], nil), (["--port", "-1"], nil), (["--prot", "1"], nil),
            (["--host", ""], nil),
        ] as [([String], ShopArguments?)])
    func arguments(words: [String], expected: ShopArguments?) {
        #expect((try? ShopArguments(words)) == expected)
    }

    @Test("The checksum is that of zlib, however the bytes come", arguments: 0...20)
    func checksum(split: Int) {
        let text = "The quick brown fox jumps over the lazy dog"
        var checksum = CRC32()
        checksum.update(ByteBuffer(string: String(text.prefix(split))))
        checksum.update(ByteBuffer(string: String(text.dropFirst(split))))
        #expect(checksum.text == "414fa339")
    }

    @Test("Form fields are decoded, and what is not an escape stays")
    func form() throws {
        let fields = FormFields("name=Zo%C3%AB+M&empty=&flag&odd=%zz%4&n=7&a=1&a=2".utf8)
        #expect(fields["name"] == "Zoë M")
        #expect(fields["empty"] == "")
        #expect(fields["flag"] == "")
        #expect(fields["odd"] == "%zz%4")
        #expect(fields["a"] == "1")
        #expect(fields["none"] == nil)
        #expect(try fields.number("n", in: 0...9, absent: 1) == 7)
        #expect(try fields.number("none", in: 0...9, absent: 1) == 1)
        #expect(throws: FormFields.Mistake.self) { try fields.number("n", in: 0...6, absent: 1) }
        #expect(throws: FormFields.Mistake.self) { try fields.number("name", in: 0...6, absent: 1) }
    }

    @Test("A cart survives its cookie, and an empty one removes it")
    func cart() throws {
        var cart = Cart()
        cart.set(2, of: try #require(Catalogue.concert("ella-moreau")))
        cart.set(1, of: try #require(Catalogue.concert("quiet-machines")))
        #expect(cart.setCookie.hasPrefix("shop_cart=ella-moreau:2.quiet-machines:1; "))
        #expect(Cart(cookie: "ella-moreau:2.quiet-machines:1") == cart)
        #expect(cart.total == 2 * 4700 + 3900)
        #expect(Cart().setCookie.contains("Max-Age=0"))
    }

    @Test("What a cart's cookie says wrongly is left out")
    func brokenCart() {
        #expect(Cart(cookie: "x:1.ella-moreau:0.ella-moreau:9.ella-moreau.:.<b>:1") == Cart())
    }

    @Test("A pattern of any length is the same bytes, its period prime")
    func pattern() {
        var source = PatternSource(count: 2 * PatternSource.period + 7)
        var all = ByteBuffer()
        while case .bytes(let bytes) = source.next() { all.writeImmutableBuffer(bytes) }
        let period = PatternSource.period
        #expect(all.readableBytes == 2 * period + 7)
        let matches = all.readableBytesView.enumerated().allSatisfy { index, byte in
            let place = index % period
            return byte == UInt8(truncatingIfNeeded: place * place + place / 7)
        }
        #expect(matches)
    }

    @Test("A date is written as HTTP wants it")
    func date() {
        #expect(HTTPDate.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test(
        "The path is taken from every form of a target",
        arguments: [
            ("/a?b=1", "/a", "b=1"), ("/", "/", ""), ("http://h/a/b?c", "/a/b", "c"), ("http://h", "/", ""),
            ("*", "*", ""), ("/a??", "/a", "?"),
        ])
    func target(uri: String, path: String, query: String) {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: uri)
        let request = Request(head: head, body: ReceivedBody())
        #expect(request.path == path)
        #expect(request.rawQuery == query)
    }
}
