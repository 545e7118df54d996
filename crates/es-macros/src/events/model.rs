//! What `#[events]` was asked for, with all defaults filled in.

use proc_macro2::Span;
use quote::format_ident;
use syn::{
    Attribute, Expr, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, LitStr, Path, Signature, Token, Visibility,
    ext::IdentExt as _,
};

use super::{
    attr,
    attributes::{self, MethodAttrs},
    case, docs, event_attr,
    field::{self, Field},
    self_type::SelfType,
    setter::ChangedField,
    signature::{self, Returns, Role},
};
use crate::{crate_path::CratePath, errors::Errors, functions::Retired};

pub(crate) struct Events {
    pub(crate) krate: CratePath,
    pub(crate) self_ty: SelfType,
    pub(crate) name: Ident,
    /// The user's choice.
    pub(crate) vis: Option<Visibility>,
    pub(crate) derives: Vec<Path>,
    /// Events that are stored only.
    pub(crate) retired: Vec<Retired>,
    /// The conditions of the impl.
    pub(crate) cfgs: Vec<Attribute>,
    /// The impl without its items.
    pub(crate) block: ItemImpl,
    pub(crate) members: Vec<Member>,
}

pub(crate) enum Member {
    Event(Box<Event>),
    Other(Box<ImplItem>),
}

pub(crate) struct Event {
    /// The variant.
    pub(crate) name: Ident,
    pub(crate) attrs: MethodAttrs,
    /// Documentation of the variant.
    pub(crate) docs: Vec<Attribute>,
    pub(crate) kind: Kind,
    pub(crate) returns: Returns,
    pub(crate) fields: Vec<Field>,
    pub(crate) topic: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) discards: bool,
    pub(crate) revives: bool,
    pub(crate) upcasters: Vec<Path>,
    /// The method as the user has written it, without the attributes of this crate.
    pub(crate) method: ImplItemFn,
    /// The method that the body moves to.
    pub(crate) body: Ident,
}

pub(crate) enum Kind {
    Initial { id: Option<Expr>, span: Span },
    Subsequent(Token![self]),
}

impl Events {
    pub(crate) fn read(options: attr::Options, mut block: ItemImpl, self_ty: SelfType, errors: &mut Errors) -> Self {
        let changes = options.attributes.into_iter().flatten().map(ChangedField::into_method);
        let members = std::mem::take(&mut block.items).into_iter().chain(changes);
        let members = members.map(|item| Member::read(item, &self_ty, errors)).collect();
        Self {
            krate: CratePath::given_or_usual(options.krate, "events", errors),
            name: options.name.unwrap_or_else(|| self_ty.event_name()),
            vis: options.vis,
            derives: options.derives.unwrap_or_default(),
            retired: options.retired.unwrap_or_default(),
            cfgs: block
                .attrs
                .iter()
                .filter(|attr| attr.path().is_ident("cfg"))
                .cloned()
                .collect(),
            self_ty,
            block,
            members,
        }
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.members.iter().filter_map(|member| match member {
            Member::Event(event) => Some(&**event),
            Member::Other(_) => None,
        })
    }
}

impl Member {
    fn read(item: ImplItem, self_ty: &SelfType, errors: &mut Errors) -> Self {
        match item {
            ImplItem::Fn(method) if method.attrs.iter().any(attributes::may_be_event) => {
                Self::Event(Box::new(Event::read(method, self_ty, errors)))
            }
            mut item => {
                refuse_attrs(&mut item, errors);
                Self::Other(Box::new(item))
            }
        }
    }
}

/// Refuses `#[event]` on what is no method, and takes it away.
fn refuse_attrs(item: &mut ImplItem, errors: &mut Errors) {
    let attrs = match item {
        ImplItem::Const(item) => &mut item.attrs,
        ImplItem::Type(item) => &mut item.attrs,
        ImplItem::Macro(item) => &mut item.attrs,
        _ => return,
    };
    for attr in attrs.extract_if(.., |attr| event_attr::is_event(attr)) {
        errors.on(&attr, "an event is a method: remove `#[event]`");
    }
}

impl Event {
    fn read(mut method: ImplItemFn, self_ty: &SelfType, errors: &mut Errors) -> Self {
        let (event_attrs, other_attrs): (Vec<_>, Vec<_>) = std::mem::take(&mut method.attrs)
            .into_iter()
            .partition(event_attr::is_event);
        let options = event_attr::Options::read(&event_attrs, errors);
        let attrs = MethodAttrs::read(&other_attrs, errors);
        let (role, returns) = signature::read(&method.sig, self_ty, errors);
        let mut fields = field::read(&mut method.sig, self_ty, errors);
        document_fields(&mut fields, &method, self_ty);
        strip_params(&mut method.sig);
        method.attrs = other_attrs;
        method
            .attrs
            .retain(|attr| !attr.path().is_ident("serde") && !attributes::may_be_event(attr));
        Self {
            docs: document(&attrs, &method, self_ty),
            kind: read_kind(role, &options, method.sig.ident.span(), errors),
            name: read_name(options.name, &method.sig.ident, errors),
            returns,
            fields,
            topic: options.topic,
            aliases: options.aliases,
            discards: options.discards.is_some(),
            revives: options.revives.is_some(),
            upcasters: options.upcasters.unwrap_or_default(),
            body: format_ident!("__es_{}", method.sig.ident.unraw(), span = method.sig.ident.span()),
            attrs,
            method,
        }
    }
}

fn document_fields(fields: &mut [Field], method: &ImplItemFn, self_ty: &SelfType) {
    for field in fields.iter_mut().filter(|field| !docs::are_there(&field.attrs)) {
        field.attrs.insert(
            0,
            docs::of_silent_field(&field.ident, &method.sig.ident, &method.vis, self_ty),
        );
    }
}

fn document(attrs: &MethodAttrs, method: &ImplItemFn, self_ty: &SelfType) -> Vec<Attribute> {
    let docs = docs::of_event(&attrs.public, self_ty);
    if docs::are_there(&docs) {
        return docs;
    }
    vec![docs::of_silent_event(&method.sig.ident, &method.vis, self_ty)]
}

/// Takes what belongs to the fields off the parameters.
pub(crate) fn strip_params(sig: &mut Signature) {
    for input in &mut sig.inputs {
        if let FnArg::Typed(param) = input {
            attributes::strip_param(&mut param.attrs);
        }
    }
}

fn read_kind(role: Role, options: &event_attr::Options, method: Span, errors: &mut Errors) -> Kind {
    match role {
        Role::Initial => {
            if let Some(discards) = &options.discards {
                let message = "an event that makes an aggregate cannot end its life: remove `discards`";
                errors.on(discards, message);
            }
            let id = options.id.as_ref().map(|(_, id)| id.clone());
            Kind::Initial {
                id,
                span: options.span.unwrap_or(method),
            }
        }
        Role::Subsequent(receiver) => {
            if let Some((key, _)) = &options.id {
                let message = "only an event that makes an aggregate gives it an ID: remove `id`, or `self` from the \
                               method";
                errors.on(key, message);
            }
            if let Some(revives) = &options.revives {
                let message = "only an event that makes an aggregate begins a discarded one anew: remove `revives`, or \
                               `self` from the method";
                errors.on(revives, message);
            }
            Kind::Subsequent(receiver)
        }
    }
}

fn read_name(name: Option<Ident>, method: &Ident, errors: &mut Errors) -> Ident {
    name.or_else(|| case::event_name(method)).unwrap_or_else(|| {
        errors.on(
            method,
            format!("no event name can be made of `{method}`: write `#[event(Name)]`"),
        );
        format_ident!("Unnamed", span = method.span())
    })
}
