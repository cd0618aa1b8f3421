import Testing

@testable import VisitorAPI

@Suite("The form of an answer")
struct AnswerFormatTests {
    @Test(
        "HTML for navigations, JSON for who prefers it, a short text for the rest",
        arguments: [
            // Sec-Fetch-Dest, Accept, what fits
            ("document", "application/json", AnswerFormat.page), ("iframe", nil, .page), ("image", nil, .short),
            ("empty", "application/json", .json), ("empty", "*/*", .short), ("empty", "text/html", .short),
            ("", "text/html", .short), ("style", "text/css,*/*;q=0.1", .short),
            (nil, nil, .page), (nil, "*/*", .page), (nil, "text/html", .page), (nil, "TEXT/HTML", .page),
            (nil, "text/*;q=0.3, */*;q=0.2", .page), (nil, "image/png, */*", .page), (nil, "image/png", .short),
            (nil, "image/png, */*;q=0.8", .short), (nil, "", .short), (nil, ",;q=1,,", .short),
            (nil, "application/json", .json), (nil, " application/problem+json ; q=0.1 ", .json),
            (nil, "application/json, text/html;q=0.5", .json), (nil, "application/json;q=0.1, text/html", .page),
            (nil, "text/html;q=0.4, application/json;q=0.9", .json), (nil, "text/html;level=1;Q=0, */*", .json),
            (nil, "application/json, text/html", .page), (nil, "application/*, text/html;q=0.999", .json),
            (nil, "*", .page), (nil, "text/htmlx", .short), (nil, "text/html\t;\tq=1.000", .page),
        ] as [(String?, String?, AnswerFormat)])
    func format(secFetchDest: String?, accept: String?, expected: AnswerFormat) {
        #expect(AnswerFormat(secFetchDest: secFetchDest, accept: accept) == expected)
    }

    @Test(
        "A weight is read to the third digit, and what is none counts as 0",
        arguments: [
            ("1", 1000), ("0", 0), ("0.5", 500), ("0.123", 123), ("0.1239", 123), ("1.000", 1000), ("1.", 1000),
            (".5", 500), ("", 0), ("1.001", 0), ("2", 0), ("10", 0), ("0.5.5", 0), ("-1", 0), ("0,5", 0), ("x", 0),
            ("0.00000000000000000000000001", 0), (" 1", 0),
        ])
    func weight(text: String, expected: Int) {
        #expect(AcceptWeights("text/html;q=\(text)").html == expected)
    }

    @Test("No more than 64 ranges of an Accept field are looked at")
    func bound() {
        let others = String(repeating: "image/png;q=0.1,", count: 63)
        #expect(AcceptWeights(others + "text/html").html == 1000)
        #expect(AcceptWeights(others + "image/png;q=0.1,text/html").html == 0)
    }
}
