import WaitingRoom

extension RoomSettings {
    /// The settings in words, as `meta` and events hold them.
    var text: String {
        let numbers: [Int64] = [
            Int64(maxActiveUsers), Int64(maxQueueSize), queueRate.count, queueRate.per.count, sessionTimeout.count,
            sessionRenewal ? 1 : 0, heartbeatInterval.count, heartbeatTimeout.count, claimTimeout.count,
            admissionInterval.count, Int64(priorityShare), shuffleWindow.count,
        ]
        let words =
            numbers.map { "\($0)" } + [status.rawValue, "=" + Token.escaped(name), "=" + Token.escaped(targetURL)]
        return (words + laterWords).joined(separator: " ")
    }

    /// What came after the first version, each behind its name, where it is not what a text without it means.
    private var laterWords: [String] {
        var words: [String] = []
        if missedTurnGrace.count != 0 { words.append("grace=\(missedTurnGrace.count)") }
        if maxPositionsPerAddress != 0 { words.append("pmax=\(maxPositionsPerAddress)") }
        if queueingMethod != .fifo { words.append("method=\(queueingMethod.rawValue)") }
        if let opening {
            words.append(
                "opening=\(opening.preQueueAt.milliseconds),\(opening.opensAt.milliseconds),\(opening.draws ? 1 : 0)")
        }
        if let closesAt { words.append("closes=\(closesAt.milliseconds)") }
        return words
    }

    /// Nil if the text is none that `text` writes.
    init?(text: some StringProtocol, of room: RoomID) {
        let words = text.split(separator: " ")
        guard words.count >= 15, let status = RoomStatus(rawValue: String(words[12])) else { return nil }
        let numbers = words.prefix(12).compactMap { Int64($0) }
        guard numbers.count == 12 else { return nil }
        self.init(
            id: room, name: Token.unescaped(words[13].dropFirst()), targetURL: Token.unescaped(words[14].dropFirst()),
            maxActiveUsers: Int(numbers[0]), maxQueueSize: Int(numbers[1]),
            maxPositionsPerAddress: 0, queueRate: Rate(count: numbers[2], per: Milliseconds(numbers[3])),
            sessionTimeout: Milliseconds(numbers[4]), sessionRenewal: numbers[5] != 0,
            heartbeatInterval: Milliseconds(numbers[6]), heartbeatTimeout: Milliseconds(numbers[7]),
            claimTimeout: Milliseconds(numbers[8]), status: status, admissionInterval: Milliseconds(numbers[9]),
            priorityShare: Int(numbers[10]), shuffleWindow: Milliseconds(numbers[11]), missedTurnGrace: Milliseconds(0))
        for word in words.dropFirst(15) {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "grace":
                guard let grace = Int64(parts[1]) else { return nil }
                missedTurnGrace = Milliseconds(grace)
            case "pmax":
                guard let limit = Int(parts[1]) else { return nil }
                maxPositionsPerAddress = limit
            case "method":
                guard let method = QueueingMethod(rawValue: String(parts[1])) else { return nil }
                queueingMethod = method
            case "opening":
                let numbers = parts[1].split(separator: ",").compactMap { Int64($0) }
                guard numbers.count == 3 else { return nil }
                opening = Opening(
                    preQueueAt: Timestamp(milliseconds: numbers[0]), opensAt: Timestamp(milliseconds: numbers[1]),
                    draws: numbers[2] != 0)
            case "closes":
                guard let time = Timestamp(word: parts[1]) else { return nil }
                closesAt = time
            // Of a later version.
            default: break
            }
        }
    }

    /// What the scripts reckon with, as fields of `meta`. Numbers are kept below 2^53, where Lua is exact.
    var limits: [(name: String, value: String)] {
        let count = min(max(0, queueRate.count), 1 << 31)
        let per = min(max(1, queueRate.per.count), 1 << 31)
        return [
            ("max", "\(max(0, maxActiveUsers))"), ("qmax", "\(max(0, maxQueueSize))"),
            ("pmax", "\(max(0, maxPositionsPerAddress))"), ("rcount", "\(count)"),
            ("rper", "\(per)"), ("rcap", "\(Self.capacity(count: count, per: per, interval: admissionInterval))"),
            ("st", "\(sessionTimeout.count)"), ("renew", sessionRenewal ? "1" : "0"),
            ("hb", "\(heartbeatTimeout.count)"), ("claim", "\(claimTimeout.count)"), ("share", "\(priorityShare)"),
            ("shuf", "\(max(0, shuffleWindow.count))"), ("status", status.rawValue),
            ("grace", "\(max(0, missedTurnGrace.count))"),
            ("preq", "\(max(0, opening?.preQueueAt.milliseconds ?? 0))"),
            ("opens", "\(max(0, opening?.opensAt.milliseconds ?? 0))"), ("draws", opening?.draws == true ? "1" : "0"),
            ("closes", "\(max(0, closesAt?.milliseconds ?? 0))"), ("reject", queueingMethod == .reject ? "1" : "0"),
        ]
    }

    /// One tick's worth in whole admissions, in units of 1/`per`; as WaitingRoom's `RateBucket` reckons it.
    private static func capacity(count: Int64, per: Int64, interval: Milliseconds) -> Int64 {
        guard count > 0 else { return 0 }
        let tick = Int128(count) * Int128(max(0, interval.count))
        let admissions = max(1, (tick + Int128(per) - 1) / Int128(per))
        return Int64(clamping: min(admissions * Int128(per), 1 << 52))
    }
}
