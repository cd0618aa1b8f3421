/// A moment of wall-clock time: whole milliseconds since 1970-01-01T00:00:00Z. Always passed in, never read here.
package struct Timestamp: Hashable, Sendable, Comparable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }

    package static func + (a: Self, b: Milliseconds) -> Self { Timestamp(milliseconds: a.milliseconds + b.count) }

    package static func - (a: Self, b: Self) -> Milliseconds { Milliseconds(a.milliseconds - b.milliseconds) }
}

/// A span of time in whole milliseconds; the resolution of every timer in the project.
package struct Milliseconds: Hashable, Sendable, Comparable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    package static func seconds(_ count: Int64) -> Self { Milliseconds(count * 1000) }

    package static func minutes(_ count: Int64) -> Self { Milliseconds(count * 60_000) }

    package static func < (a: Self, b: Self) -> Bool { a.count < b.count }

    /// In seconds, for metrics and messages.
    package var seconds: Double { Double(count) / 1000 }
}
