import HTTPWire

/// All that a scan of a head found, to be compared with another scan's.
enum HeadSummary: Equatable {
    case incomplete
    case refused(HeadRefusal)
    case complete(length: Int, facts: String)

    static func of(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ limits: HeadLimits) -> HeadSummary {
        of(head.scan(bytes, limits: limits)) {
            """
            \(head.method) \(head.methodRange) \(head.targetForm) \(head.target) \(head.isHTTP11) \(head.host) \
            \(head.framing) \(head.expectsContinue) \(head.keepAlive) \(head.upgradesToWebSocket) \
            \(facts(head.fields))
            """
        }
    }

    static func of(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, _ limits: HeadLimits) -> HeadSummary {
        of(head.scan(bytes, limits: limits)) {
            """
            \(head.status) \(head.statusAndReason) \(head.isHTTP11) \(head.keepAlive) \
            \(head.framing(toHEAD: false)) \(head.isForSharedCaches) \(facts(head.fields))
            """
        }
    }

    private static func of(_ scan: HeadScan, facts: () -> String) -> HeadSummary {
        switch scan {
        case .incomplete: .incomplete
        case .refused(let refusal): .refused(refusal)
        case .complete(let length): .complete(length: length, facts: facts())
        }
    }

    private static func facts(_ fields: ContiguousArray<HeadField>) -> String {
        fields.map { "\($0.name) \($0.isHopByHop) \($0.nameRange) \($0.value) \($0.line)" }.joined(separator: ",")
    }

    /// Scans every beginning with one object: until the head is decided it is incomplete, and more bytes change
    /// nothing of what was decided.
    static func checkCuts(
        _ input: [UInt8], _ scan: (UnsafeRawBufferPointer) -> HeadSummary,
        fresh: (UnsafeRawBufferPointer) -> HeadSummary
    ) throws(Finding) {
        let whole = input.withUnsafeBytes(fresh)
        for cut in cuts(of: input) {
            let part = withPrefix(input, cut, scan)
            if part != .incomplete, part != whole {
                throw Finding("The first \(cut) bytes are read as \(part), the whole as \(whole)", input)
            }
            if case .complete(let length, _) = whole, cut >= length, part != whole {
                throw Finding("The first \(cut) bytes are incomplete, the head ends after \(length)", input)
            }
        }
    }
}
