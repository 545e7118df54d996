//! Arrays.

use es_domain::Id;
use es_structures::{Array, ArrayError, BigArray};
use uuid::Uuid;

use crate::stores::{self, message};

#[tokio::test]
async fn an_array_has_a_size_and_no_gaps_and_items_never_change() {
    for (app, _folder) in stores::all().await {
        let array = Array::new(&app, Id::new(), 3);
        array.assign(0, message("0")).await.unwrap();
        assert_eq!(array.append(message("1")).await.unwrap(), 1);
        assert_eq!(array.get(0).await.unwrap(), Some(message("0")));
        assert_eq!(array.get(2).await.unwrap(), None);
        assert_eq!(array.last().await.unwrap(), Some((1, message("1"))));

        let taken = array.assign(1, message("again")).await.unwrap_err();
        assert!(matches!(taken, ArrayError::Taken { index: 1 }), "{taken}");
        let beyond = array.assign(3, message("3")).await.unwrap_err();
        assert!(matches!(beyond, ArrayError::Index { index: 3, size: 3 }), "{beyond}");
        array.append(message("2")).await.unwrap();
        let full = array.append(message("3")).await.unwrap_err();
        assert!(matches!(full, ArrayError::Index { index: 3, size: 3 }), "{full}");

        let sparse = Array::new(&app, Id::new(), 3);
        let gap = sparse.assign(1, message("1")).await.unwrap_err();
        assert!(matches!(gap, ArrayError::Gap { index: 1, next: 0 }), "{gap}");
    }
}

#[tokio::test]
async fn a_big_array_is_one_order_over_bounded_streams() {
    for (app, _folder) in stores::all().await {
        let array = BigArray::new(&app, Uuid::nil(), 3);
        assert!(array.is_empty().await.unwrap());
        assert_eq!(array.last().await.unwrap(), None);
        for number in 0..20_u64 {
            assert_eq!(array.append(message(number.to_string())).await.unwrap(), number);
            // One that knows nothing finds the end too.
            let fresh = BigArray::new(&app, Uuid::nil(), 3);
            assert_eq!(fresh.last().await.unwrap(), Some((number, message(number.to_string()))));
        }
        assert_eq!(array.len().await.unwrap(), 20);
        for number in 0..20_u64 {
            assert_eq!(array.get(number).await.unwrap(), Some(message(number.to_string())));
        }
        assert_eq!(array.get(20).await.unwrap(), None);
        let items = array.items(4, 7).await.unwrap();
        assert_eq!(items, (4..11).map(|number| message(number.to_string())).collect::<Vec<_>>());
        assert_eq!(array.items(18, 7).await.unwrap(), [message("18"), message("19")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_are_appended_at_once_have_indexes_of_their_own() {
    for (app, _folder) in stores::all().await {
        let array = BigArray::new(&app, Uuid::nil(), 2);
        let tasks: Vec<_> = (0..7)
            .map(|number| {
                let array = array.clone();
                tokio::spawn(async move { array.append(message(number.to_string())).await.unwrap() })
            })
            .collect();
        let mut indexes = Vec::new();
        for task in tasks {
            indexes.push(task.await.unwrap());
        }
        indexes.sort_unstable();
        assert_eq!(indexes, (0..7).collect::<Vec<_>>());
    }
}
