import RoomConfiguration
import Testing
import WaitingRoom

@testable import VisitorAPI

@Suite("Operators' templates")
struct OperatorTemplateTests {
    private func render(
        _ template: String, name: String = "Concert tickets", redirectURL: String = "/event?id=7&x='",
        estimate: ClosedRange<Int>? = 700...5400
    ) throws -> String {
        try PageFixtures.renderer(name: name, template: template).queuePage(
            try PageFixtures.model(estimate: estimate, redirectURL: redirectURL), in: .german, nonce: PageFixtures.nonce
        ).text
    }

    @Test(
        "Our variables and the built-in phrases can be named",
        arguments: [
            ("{{room_name}}", "Concert tickets"), ("{{queue_id}}", "concert-tickets"), ("{{position}}", "12"),
            ("{{people_ahead}}/{{total_waiting}}", "11/340"), ("{{progress_percent}}", "71"),
            ("{{estimated_wait}}", "10–90 Min."), ("{{status}}", "waiting"),
            ("{{redirect_url}}", "/event?id=7&amp;x=%27"),
            ("{{#waiting}}w{{/waiting}}{{#admitted}}a{{/admitted}}{{^paused}}n{{/paused}}", "wn"),
            ("{{poll_after_seconds}} {{heartbeat_interval_seconds}}", "20 10"),
            ("{{language}} {{direction}}", "de ltr"),
            ("{{api_path}}", "/api/v1/queues/concert-tickets"), ("{{text.enter}}", "Jetzt eintreten"),
            ("{{request_id}} {{not_sent}} {{nonce}}", "7d1c0f2e9a false \(PageFixtures.nonce)"),
        ])
    func ownVariables(template: String, expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test(
        "Cloudflare Waiting Room's variables work too",
        arguments: [
            ("{{#waitTimeKnown}}{{waitTime}} mins{{/waitTimeKnown}}{{^waitTimeKnown}}?{{/waitTimeKnown}}", "90 mins"),
            ("{{waitTimeHours}}:{{waitTimeHourMinutes}}", "1:30"), ("{{cfWaitingRoom.waitTime}}", "90"),
            ("{{waitTimeFormatted}}", "10–90 Min."),
            ("{{queueIsFull}} {{queueAll}} {{inWaitingRoom}}", "false false true"),
            ("{{lastUpdated}}", "2026-11-21T04:02:34.005Z"), ("{{refreshIntervalSeconds}}", "20"),
            ("{{queueingMethod}} {{waitTime25Percentile}}", "fifo 11"), ("{{isEventActive}}", "false"),
            ("var waitTimeKnown = {{waitTimeKnown}};", "var waitTimeKnown = true;"),
        ])
    func cloudflareVariables(template: String, expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test("An unknown wait reads as such")
    func unknownWait() throws {
        #expect(try render("{{waitTime}} {{^waitTimeKnown}}?{{/waitTimeKnown}}", estimate: nil) == "0 ?")
    }

    @Test("Every name in the list of names means something")
    func everyName() throws {
        for name in TemplateVariables.names.sorted() where name != "live_script" {
            #expect(PageRenderer.problem(inTemplate: "{{\(name)}}") == nil, "\(name)")
            if name != "text", name != "cfWaitingRoom", name != "draw_commitment", !name.hasSuffix("Formatted") {
                #expect(try render("{{\(name)}}") != "", "\(name)")
            }
        }
    }

    @Test(
        "A mistake is named with its line",
        arguments: [
            ("a\n\n{{#paused}}x", "line 3: the section {{#paused}} has no {{/paused}}"),
            ("{{#paused}}\n{{/waiting}}", "line 2: {{/waiting}} stands where {{/paused}} of line 1 is due"),
            ("\n{{/paused}}", "line 2: {{/paused}} closes no section"),
            ("\n\n{{positon}}", "line 3: there is no variable {{positon}}, did you mean {{position}}?"),
            ("{{wait_time}}", "line 1: there is no variable {{wait_time}}, did you mean {{waitTime}}?"),
            ("{{xyzzy}}", "line 1: there is no variable {{xyzzy}}"),
            ("a\n{{position", "line 2: a tag that begins here has no end"),
            (
                "{{> header}}",
                "line 1: {{> header}}: partials and blocks are not available, put everything into one file"
            ),
            ("{{=<% %>=}}", "line 1: {{=<% %>=}}: delimiters and content type cannot be changed"),
            ("{{live_script}}", "line 1: {{live_script}} is an element: write it with three braces, {{{live_script}}}"),
        ])
    func mistakes(template: String, expected: String) {
        #expect(PageRenderer.problem(inTemplate: template) == expected)
    }

    @Test("What the checks let through and Mustache does not is refused with a line too")
    func mustacheError() {
        let problem = PageRenderer.problem(inTemplate: "\n{{reversed(room_name)}}")
        #expect(problem?.hasPrefix("line 2: ") == true)
        #expect(PageRenderer.problem(inTemplate: "{{po sition}}")?.hasPrefix("line 1: ") == true)
    }

    @Test("Sections nested without end and files without end are refused")
    func bounds() {
        #expect(
            PageRenderer.problem(inTemplate: String(repeating: "{{#paused}}", count: 100_0))?.contains("deeper") == true
        )
        let large = String(repeating: "x", count: OperatorTemplate.largestSource + 1)
        #expect(PageRenderer.problem(inTemplate: large)?.contains("256 KiB") == true)
    }

    @Test("A renderer with a broken template is not made; the error names file and line")
    func renderer() throws {
        #expect {
            try PageFixtures.renderer(template: "\n{{oops}}")
        } throws: { error in
            "\(error)" == "queue.mustache:2: there is no variable {{oops}}"
        }
    }

    @Test("Scripts, styles and links get the nonce unless they have one")
    func nonces() throws {
        let page = try render(
            "<script type=a>1</script><STYLE>b{}</STYLE><link rel=x><script nonce=\"{{nonce}}\">2</script><p>")
        let nonce = PageFixtures.nonce
        #expect(
            page
                == "<script nonce=\(nonce) type=a>1</script><STYLE nonce=\(nonce)>b{}</STYLE><link nonce=\(nonce) rel=x>"
                + "<script nonce=\"\(nonce)\">2</script><p>")
    }

    @Test("A page with the live script is not reloaded, one without is")
    func liveScript() throws {
        let nonce = PageFixtures.nonce
        let live = try PageFixtures.renderer(template: "<p id=ar-place></p>{{{live_script}}}").queuePage(
            try PageFixtures.model(), in: .english, nonce: nonce)
        #expect(live.refresh == nil)
        #expect(live.text.contains("<script nonce=\"\(nonce)\">") && live.text.contains("new WebSocket"))
        let plain = try PageFixtures.renderer(template: "x").queuePage(
            try PageFixtures.model(), in: .english, nonce: nonce)
        #expect(plain.refresh == 20)
        #expect(plain.fields.contains { $0 == ("Refresh", "20") })
    }

    @Test("Operators' own text and visitors' text are escaped alike")
    func escaping() throws {
        #expect(try render("{{room_name}}", name: "<b>&") == "&lt;b&gt;&amp;")
        #expect(try render("{{{redirect_url}}}", redirectURL: "/\"\u{301}<script>") == "/%22%CC%81%3Cscript%3E")
    }

    @Test("A page that would grow beyond all bounds gives way to the built-in one")
    func largePage() throws {
        let target = "/" + String(repeating: "a", count: 16_000)
        let page = try render(String(repeating: "{{redirect_url}}", count: 1000), redirectURL: target)
        #expect(page.hasPrefix("<!doctype html>"))
        #expect(page.utf8.count < 64 * 1024)
    }
}
