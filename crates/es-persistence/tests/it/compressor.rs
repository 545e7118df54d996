//! Smaller states.

use std::sync::Arc;

use es_domain::{Aggregate as _, RootAccess as _};
use es_persistence::{
    Compression, Compressor, CompressorError, InvalidDictionary, Mapper, MapperConfig, MapperErrorKind, StateFormat,
    Transcoder, Zlib, Zstd, ZstdDictionary,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{
    Dog, DogEvent, check_round_trip, compressing, compression, config, encrypted, event, fails, note, registered,
};

const LIMIT: usize = 100_000;

fn all() -> [Arc<dyn Compressor>; 2] {
    [Arc::new(Zlib::default()), Arc::new(Zstd::default())]
}

fn compress(compressor: &dyn Compressor, plain: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    compressor.compress(plain, &mut compressed).unwrap();
    compressed
}

fn named(name: String) -> DogEvent {
    let (chip, born) = (Uuid::from_bytes([0xc1; 16]), None);
    DogEvent::Registered { name, chip, born }
}

fn dictionary() -> ZstdDictionary {
    let samples: Vec<_> = (0..500_u32)
        .map(|number| {
            let text = format!("note {number} of {}", number * 7_919 % 1_000);
            let event = event(u64::from(number), named(text));
            Mapper::default().to_stored(&event).unwrap().state
        })
        .collect();
    ZstdDictionary::train(&samples, 4_096).unwrap()
}

proptest! {
    #[test]
    fn all_bytes_come_back(plain in proptest::collection::vec(any::<u8>(), 0..3_000)) {
        for compressor in all() {
            let compressed = compress(&*compressor, &plain);
            prop_assert_eq!(compressor.decompress(&compressed, plain.len()).unwrap(), &plain[..]);
        }
    }

    #[test]
    fn no_bytes_make_a_decompressor_panic_or_exceed_its_limit(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for compressor in all() {
            if let Ok(plain) = compressor.decompress(&bytes, 100) {
                prop_assert!(plain.len() <= 100);
            }
        }
    }
}

#[test]
fn long_states_are_compressed_and_short_ones_are_not() {
    for compressor in all() {
        let format = compressor.format();
        let mapper = Mapper::new(MapperConfig {
            compression: Some(Compression {
                compressor,
                min_size: 256,
            }),
            ..config()
        });
        let formats = [registered(), note()].map(|event| StateFormat::of(&mapper.to_stored(&event).unwrap().state));
        assert_eq!(formats, [None, Some(format)]);
        check_round_trip(&mapper);
    }
}

#[test]
fn what_does_not_shrink_is_left_as_it_is() {
    let mapper = compressing(Zstd::default(), 0);
    let text = "abcdefgh".to_owned();
    let stored = mapper.to_stored(&event(1, DogEvent::NoteAdded { text })).unwrap();
    assert_eq!(stored.state, br#"{"text":"abcdefgh"}"#);
}

#[test]
fn what_was_compressed_under_one_setting_is_read_under_every_other() {
    let zstd = Mapper::new(MapperConfig {
        transcoder: Transcoder::MessagePack,
        compression: Some(compression(Zstd::new(19), 1)),
        ..config()
    });
    let all = [Mapper::default(), compressing(Zlib::new(9), 1), zstd];
    for writer in &all {
        let stored = writer.to_stored(&note()).unwrap();
        for reader in &all {
            assert_eq!(reader.to_domain(&stored).unwrap(), note());
        }
    }
}

#[test]
fn compressed_states_are_encrypted_afterwards() {
    let mapper = Mapper::new(MapperConfig {
        compression: Some(compression(Zstd::default(), 256)),
        ..encrypted(crate::fixture::KEY)
    });
    let plain = Mapper::default().to_stored(&note()).unwrap().state.len();
    let sealed = mapper.to_stored(&note()).unwrap().state;
    assert_eq!(StateFormat::of(&sealed), Some(StateFormat::ENCRYPTED));
    assert!(sealed.len() * 3 < plain, "{} of {plain} bytes", sealed.len());
    check_round_trip(&mapper);
}

#[test]
fn a_dictionary_makes_small_states_small_and_is_named_by_them() {
    let dictionary = dictionary();
    let zstd = Zstd::default().with_dictionaries([dictionary.clone()]);
    let mapper = compressing(zstd, 0);
    let small = event(7, named("note 7 of 400".to_owned()));
    let plain = Mapper::default().to_stored(&small).unwrap().state.len();
    let stored = mapper.to_stored(&small).unwrap();
    assert!(
        stored.state.len() * 2 < plain,
        "{} of {plain} bytes",
        stored.state.len()
    );
    assert_eq!(mapper.to_domain(&stored).unwrap(), small);

    let error = fails(&Mapper::default(), &stored);
    let MapperErrorKind::Compression(CompressorError::UnknownDictionary { id }) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(*id, dictionary.id());
}

#[test]
fn an_older_dictionary_still_reads_and_so_does_none() {
    let (old, new) = (dictionary(), {
        let samples: Vec<_> = (0..500_u32)
            .map(|n| format!("{{\"other\":{n},\"kind\":{}}}", n % 9))
            .collect();
        ZstdDictionary::train(&samples, 1_024).unwrap()
    });
    assert_ne!(old.id(), new.id());
    let with = |dictionaries: Vec<ZstdDictionary>| Zstd::default().with_dictionaries(dictionaries);
    let both = with(vec![new.clone(), old.clone()]);
    for writer in [with(vec![old]), with(vec![new]), Zstd::default()] {
        let compressed = compress(&writer, b"{\"other\":17,\"kind\":3}");
        assert_eq!(
            both.decompress(&compressed, LIMIT).unwrap(),
            b"{\"other\":17,\"kind\":3}"
        );
    }
}

#[test]
fn a_dictionary_is_kept_as_bytes_and_nothing_else_is_one() {
    let dictionary = dictionary();
    assert_eq!(ZstdDictionary::new(dictionary.as_bytes().to_vec()).unwrap(), dictionary);
    let error = ZstdDictionary::new(&b"nothing"[..]).unwrap_err();
    assert!(matches!(error, InvalidDictionary::NoId), "{error:?}");
    let error = ZstdDictionary::train(&[b"one"], 1_024).unwrap_err();
    assert!(matches!(error, InvalidDictionary::Training(_)), "{error:?}");
}

#[test]
fn a_bomb_is_refused_before_there_is_memory_for_it() {
    const BOMB: usize = 64 * 1024 * 1024;
    for compressor in all() {
        let bomb = compress(&*compressor, &vec![b' '; BOMB]);
        assert!(bomb.len() < BOMB / 100);
        let error = compressor.decompress(&bomb, LIMIT).unwrap_err();
        assert!(
            matches!(error, CompressorError::TooLarge { limit: LIMIT, .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_frame_that_lies_about_its_size_is_damaged() {
    let zstd = Zstd::default();
    let frame = compress(&zstd, &[b'a'; 200]);
    // Magic number, descriptor, then the size in one byte.
    assert_eq!(frame[4..6], [0x20, 200]);
    for lie in [0, 10, 199, 201, 255] {
        let mut frame = frame.clone();
        frame[5] = lie;
        let error = zstd.decompress(&frame, LIMIT).unwrap_err();
        assert!(matches!(error, CompressorError::Damaged { .. }), "{lie}: {error:?}");
    }
}

#[test]
fn a_frame_that_does_not_tell_its_size_is_refused() {
    // A raw block of one byte in a frame with a window and no size.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x09, 0x00, 0x00, b'a'];
    let error = Zstd::default().decompress(&frame, LIMIT).unwrap_err();
    assert!(matches!(error, CompressorError::Damaged { .. }), "{error:?}");
}

#[test]
fn what_follows_a_stream_is_refused() {
    for compressor in all() {
        let mut compressed = compress(&*compressor, &[b'a'; 300]);
        compressed.push(0);
        let error = compressor.decompress(&compressed, LIMIT).unwrap_err();
        assert!(matches!(error, CompressorError::Damaged { .. }), "{error:?}");
    }
}

#[test]
fn every_truncation_is_damage() {
    for compressor in all() {
        let compressed = compress(&*compressor, b"rolls over when asked, and when not asked");
        for len in 0..compressed.len() {
            let error = compressor.decompress(&compressed[..len], LIMIT).unwrap_err();
            assert!(matches!(error, CompressorError::Damaged { .. }), "{len}: {error:?}");
        }
    }
}

#[test]
fn a_state_above_the_limit_is_neither_written_nor_read() {
    let mapper = compressing(Zstd::default(), 256);
    let stored = mapper.to_stored(&note()).unwrap();
    let strict = Mapper::new(MapperConfig {
        max_state_size: 500,
        ..mapper.config().clone()
    });
    let error = strict.to_stored(&note()).unwrap_err();
    assert!(
        matches!(error.kind(), MapperErrorKind::TooLarge { limit: 500, .. }),
        "{error:?}"
    );
    let error = fails(&strict, &stored);
    assert!(
        matches!(
            error.kind(),
            MapperErrorKind::Compression(CompressorError::TooLarge { limit: 500, .. })
        ),
        "{error:?}"
    );
}

#[test]
fn a_compressed_state_within_another_is_not_unpacked_twice() {
    let zstd = Zstd::default();
    let mut twice = vec![StateFormat::ZSTD.byte()];
    twice.extend(compress(
        &zstd,
        b"{\"long\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
    ));
    let mut outer = vec![StateFormat::ZSTD.byte()];
    outer.extend(compress(&zstd, &twice));
    let mut stored = Mapper::default().to_stored(&note()).unwrap();
    stored.state = outer;
    let error = fails(&Mapper::default(), &stored);
    assert!(
        matches!(error.kind(), MapperErrorKind::UnknownFormat(StateFormat::ZSTD)),
        "{error:?}"
    );
}

#[test]
fn many_threads_share_a_compressor() {
    let zstd = Zstd::default().with_dictionaries([dictionary()]);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let zstd = &zstd;
            scope.spawn(move || {
                for number in 0..200 {
                    let plain = format!("{thread} {number}").repeat(30);
                    let compressed = compress(zstd, plain.as_bytes());
                    assert_eq!(zstd.decompress(&compressed, LIMIT).unwrap(), plain.as_bytes());
                }
            });
        }
    });
}

#[test]
fn a_replayed_aggregate_is_the_same_from_compressed_events() {
    let mapper = compressing(Zstd::default(), 1);
    let mut dog = Dog::register("Fido", Uuid::from_u128(7), None);
    dog.add_note(&"rolls over ".repeat(50));
    let rows: Vec<_> = dog
        .collect_events()
        .iter()
        .map(|event| mapper.to_stored(event).unwrap())
        .collect();
    let events: Vec<_> = rows
        .iter()
        .map(|row| mapper.to_domain::<DogEvent>(row).unwrap())
        .collect();
    let replayed = Dog::replay(events).unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(replayed).unwrap(),
        serde_json::to_value(dog).unwrap()
    );
}
