@testable import HTTPWire

/// What a scan of some text says, as the tests compare it.
enum Outcome: Equatable {
    case incomplete
    case complete(Int)
    case refused(Int)
}

extension RequestHead {
    func scan(_ text: String, limits: HeadLimits = HeadLimits()) -> Outcome {
        Array(text.utf8).withUnsafeBytes { outcome(of: scan($0, limits: limits)) }
    }
}

extension ResponseHead {
    func scan(_ text: String) -> Outcome {
        Array(text.utf8).withUnsafeBytes { outcome(of: scan($0, limits: HeadLimits())) }
    }
}

private func outcome(of scan: HeadScan) -> Outcome {
    switch scan {
    case .incomplete: .incomplete
    case .complete(let length): .complete(length)
    case .refused(let refusal): .refused(refusal.status)
    }
}
