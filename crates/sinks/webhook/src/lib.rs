//! The webhook sink of tidegate: any event as JSON, signed by the Standard Webhooks specification.
