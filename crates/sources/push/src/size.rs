use tidegate_event::{ClusterViews, Member, NodeView, Resource, Signal};

/// About how many bytes `signals` take in memory. Never 0, so that even empty calls are bounded.
pub(crate) fn size_bytes(signals: &[Signal]) -> usize {
    size_of::<Vec<Signal>>() + signals.iter().map(signal).sum::<usize>()
}

fn signal(signal: &Signal) -> usize {
    match signal {
        // The size of an event counts its enum, in the place of which stands the signal's.
        Signal::Event(event) => size_of::<Signal>().max(event.size_bytes()),
        Signal::Views(views) => size_of::<Signal>() + self::views(views),
        Signal::Gap { resource: of, why } | Signal::Retired { resource: of, why } => {
            size_of::<Signal>() + resource(of) + why.len()
        }
        Signal::Restored { resource: of } => size_of::<Signal>() + resource(of),
    }
}

fn views(views: &ClusterViews) -> usize {
    resource(&views.resource) + views.nodes.iter().map(node_view).sum::<usize>()
}

fn node_view(node: &NodeView) -> usize {
    size_of::<NodeView>()
        + node.node.len()
        + match &node.view {
            Ok(view) => view.own.as_ref().map_or(0, |own| own.len()) + view.members.iter().map(member).sum::<usize>(),
            Err(error) => error.message.len(),
        }
}

fn member(member: &Member) -> usize {
    size_of::<Member>() + member.node.len() + member.state.len()
}

fn resource(resource: &Resource) -> usize {
    [&resource.cluster, &resource.node, &resource.part].into_iter().flatten().map(|name| name.len()).sum()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use tidegate_event::{LogRecord, MemberRole, View, ViewError, ViewErrorKind};

    use super::*;

    #[test]
    fn every_text_counts_whatever_carries_it() {
        let long = "x".repeat(10_000);
        let of = Resource::new().with_node(&*long);
        let node = |view| NodeView { node: "a".into(), view };
        let views = |nodes| {
            Signal::Views(ClusterViews { resource: Resource::new(), at: DateTime::UNIX_EPOCH, expected: None, nodes })
        };
        let member = Member {
            node: "a".into(),
            state: (&*long).into(),
            role: MemberRole::Leader,
            alive: true,
            read_only: false,
        };
        let error = ViewError { kind: ViewErrorKind::Refused, message: long.clone() };
        let signals = [
            LogRecord::new(Resource::new(), &*long, DateTime::UNIX_EPOCH).into(),
            Signal::Gap { resource: of.clone(), why: String::new() },
            Signal::Retired { resource: Resource::new(), why: long.clone() },
            Signal::Restored { resource: of },
            views(vec![node(Ok(View { digest: 0, own: None, members: vec![member] }))]),
            views(vec![node(Err(error))]),
        ];
        for one in &signals {
            let size = size_bytes(std::slice::from_ref(one));
            assert!((10_000..11_000).contains(&size), "{size} {one:?}");
        }
        assert!(size_bytes(&signals) > 60_000);
        assert!(size_bytes(&[]) > 0);
    }
}
