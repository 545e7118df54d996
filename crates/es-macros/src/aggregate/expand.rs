//! Model to tokens.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, ext::IdentExt as _, spanned::Spanned as _};

use super::model::{Aggregate, Root};
use crate::{crate_path::CratePath, functions};

pub(crate) fn expand(aggregate: &Aggregate, root: &Root) -> TokenStream {
    let Root { member, ty } = root;
    // A field of some other type that is called `Root` is then underlined in the struct.
    let shared = quote_spanned!(ty.span()=> &self.#member);
    let exclusive = quote_spanned!(ty.span()=> &mut self.#member);
    implementation(aggregate, &shared, &exclusive)
}

/// The implementation, with what gives access to the root.
pub(super) fn implementation(aggregate: &Aggregate, shared: &TokenStream, exclusive: &TokenStream) -> TokenStream {
    let Aggregate {
        krate,
        name,
        vis: _,
        topic,
        id,
        own_id,
        event,
        upcasters,
        hash_chain,
    } = aggregate;
    let text = name.unraw().to_string();
    let hash_chain = hash_chain.then(|| {
        quote!(
            const HASH_CHAIN: ::core::primitive::bool = true;
        )
    });
    let upcasters = upcasters
        .iter()
        .map(|path| functions::upcaster(krate, path, path.span()));
    let upcasters = (upcasters.len() > 0).then(|| {
        quote! {
            const UPCASTERS: &'static [#krate::Upcaster] = &[#(#upcasters),*];
        }
    });
    let capabilities = capabilities(krate);
    let id_of = own_id.as_ref().map(|id| identifies(id, aggregate));
    quote! {
        #id_of

        #[automatically_derived]
        impl #krate::__private::Derived for #name {
            const NAME: &'static ::core::primitive::str = #text;
        }

        #[automatically_derived]
        impl #krate::Aggregate for #name {
            type Id = #id;
            type Event = #event;

            const TOPIC: &'static ::core::primitive::str = #topic;
            #upcasters
            #hash_chain

            fn root(&self) -> &#krate::Root<Self> {
                #shared
            }

            #capabilities
        }

        #[automatically_derived]
        impl #krate::RootAccess for #name {
            fn root_mut(&mut self) -> &mut #krate::Root<Self> {
                #exclusive
            }
        }
    }
}

/// What the aggregate can do beside, as the compiler finds out.
fn capabilities(krate: &CratePath) -> TokenStream {
    quote! {
        fn with_snapshots<__V: #krate::SnapshotVisitor<Self>>(
            visitor: __V,
        ) -> ::core::option::Option<__V::Output> {
            #[allow(unused_imports)]
            use #krate::__private::{HasNoSnapshots as _, HasSnapshots as _};
            (&#krate::__private::Snapshots::<Self>::new()).visit(visitor)
        }

        fn try_clone(&self) -> ::core::option::Option<Self> {
            #[allow(unused_imports)]
            use #krate::__private::{HasCopies as _, HasNoCopies as _};
            (&#krate::__private::Copies::<Self>::new()).copy_of(self)
        }

        fn try_debug(&self) -> ::core::option::Option<::std::string::String> {
            #[allow(unused_imports)]
            use #krate::__private::{HasDebug as _, HasNoDebug as _};
            (&#krate::__private::Debugging::<Self>::new()).print(self)
        }
    }
}

/// Says what the user's own ID identifies.
fn identifies(id: &Type, aggregate: &Aggregate) -> TokenStream {
    let Aggregate { krate, name, .. } = aggregate;
    let krate_there = krate.at(id.span());
    let message = "`Id<Self>` is the ID anyway, under another name too: remove `id = …`";
    let assertion = quote_spanned! {id.span()=>
        ::core::assert!(#krate_there::__private::Named::<#id>::IS_OWN, #message)
    };
    quote! {
        impl #krate::__private::Identifies for #id {
            type Aggregate = #name;
        }

        const _: () = {
            #[allow(unused_imports)]
            use #krate::__private::NamedOwn as _;
            #assertion
        };
    }
}
